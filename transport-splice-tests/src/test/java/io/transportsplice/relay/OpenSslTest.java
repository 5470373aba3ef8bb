// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.FarEnd.End;
import io.transportsplice.testing.FarEnd.Received;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Tls;
import io.transportsplice.testing.TlsPeer;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * One direction of TLS has ended, by us, and the other goes on. From there on Netty tells of the end of the other at its next
 * record, whatever that is, where the engine is OpenSSL's, and keeps a part of each until the next.
 */
@ExtendWith(Baseline.class)
@Timeout(120)
class OpenSslTest {
    private static final int KIB = 1024;
    private static final int SOME = 300 * KIB;

    /** How the direction that goes on ends. */
    enum Last {
        WHOLE,
        /** TCP goes on. */
        CLOSE_NOTIFY,
        CUT;

        void happen(TlsPeer peer) throws Exception {
            switch (this) {
                case WHOLE -> peer.finish();
                case CLOSE_NOTIFY -> peer.closeNotify();
                case CUT -> peer.peer().halfClose();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "BACK_OPENSSL, AUTO, false, WHOLE",
        "BACK_OPENSSL, SPLICE, true, CLOSE_NOTIFY",
        "BACK_OPENSSL, COPY, false, CUT",
        "FRONT_OPENSSL, AUTO, true, CLOSE_NOTIFY",
        "FRONT_OPENSSL, SPLICE, false, CUT",
        "FRONT_OPENSSL, COPY, true, WHOLE",
        "BACK, AUTO, true, CLOSE_NOTIFY",
        "FRONT, SPLICE, false, CLOSE_NOTIFY"
    })
    void shouldGoOnToItsOwnEnd(Tls tls, Mode mode, boolean wrapped, Last last) throws Exception {
        boolean up = tls == Tls.BACK_OPENSSL || tls == Tls.BACK;
        try (Rig rig = new Rig(mode).configure(c -> c.pipeline(tls::addTo).wrapped(wrapped))) {
            TlsLink link = TlsLink.open(rig, tls, up); // along the direction that ends first, of plain bytes
            link.source().send(link.pattern(), 0, KIB);
            link.source().finish();
            assertEquals(new Received(KIB, End.WHOLE), link.sink().receiveToEnd(link.pattern(), 0));
            TlsPeer peer = (TlsPeer) link.sink();
            peer.send(link.pattern(), 0, SOME);
            last.happen(peer);
            Received received = link.source().receiveToEnd(link.pattern(), 0);
            if (last == Last.CUT) { // then OpenSSL gives no rest
                assertEquals(End.RESET, received.end());
            } else {
                assertEquals(new Received(SOME, End.WHOLE), received);
            }
            link.sink().peer().close();
            rig.relay().awaitNoChannels();
        }
    }
}
