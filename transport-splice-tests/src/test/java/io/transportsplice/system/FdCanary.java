// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.system;

import io.transportsplice.SpliceMetrics;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.TestRelayConfig;
import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Streams that are ended at any moment, beside somebody who takes every descriptor number that becomes free. */
public final class FdCanary {
    /**
     * What happened, of which there must have been enough.
     *
     * @param ended connections that were ended in mid-stream
     * @param dirty buffers that died with bytes inside
     * @param opened pairs of descriptors that were opened meanwhile
     */
    public record Count(int ended, long dirty, long opened) {}

    /** Enough for several buffers at once, and little to deliver when a connection ends. */
    private static final int BUFFER = 256 * 1024;

    private FdCanary() {}

    /** Throws an {@link AssertionError} if a byte got to where it does not belong. */
    public static Count run(boolean differentLoops, int seconds, long seed) throws IOException, InterruptedException {
        long dirtyBefore = SpliceMetrics.snapshot().pipesClosedDirty();
        FdFiller filler = new FdFiller(seed);
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try (Rig rig = new Rig(Mode.SPLICE)) {
            rig.configure(config -> config.bufferSize(BUFFER));
            if (differentLoops) {
                rig.configure(TestRelayConfig::differentLoops);
            }
            DoomedStreams streams = new DoomedStreams(rig, seed);
            Future<?> filling = thread.submit(filler);
            try {
                streams.runUntil(System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds));
            } finally {
                filler.end();
                Rig.await(filling);
            }
            long dirty = SpliceMetrics.snapshot().pipesClosedDirty() - dirtyBefore;
            return new Count(streams.ended(), dirty, filler.opened());
        } finally {
            thread.shutdown();
        }
    }
}
