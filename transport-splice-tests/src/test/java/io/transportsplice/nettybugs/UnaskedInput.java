// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.nettybugs;

import io.transportsplice.testing.Await;
import io.transportsplice.testing.PatientClock;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Peer;

/** autoRead is off, nobody reads, and the peer ends its stream: all of it comes, with its end. */
final class UnaskedInput implements NettyBug.Program {
    private static final int BYTES = 50_000;
    private static final long NOTHING_COMES_NANOS = 2_000_000_000;

    @Override
    public NettyBug.Sighting run() throws Exception {
        try (Stage stage = new Stage(true);
                Peer peer = stage.connect()) {
            Witness witness = stage.witness();
            peer.send(new Pattern(1), 0, BYTES, BYTES);
            peer.halfClose();
            PatientClock clock = new PatientClock();
            while (!witness.sawEnd() && clock.elapsedNanos() < NOTHING_COMES_NANOS) {
                Await.pause(1_000_000);
            }
            return new NettyBug.Sighting(
                    witness.bytes() > 0,
                    witness.bytes() + " of " + BYTES + " bytes come" + (witness.sawEnd() ? ", and their end" : ""));
        }
    }
}
