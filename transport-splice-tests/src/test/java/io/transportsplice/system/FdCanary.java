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
import java.util.function.Predicate;

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

    /**
     * Throws an {@link AssertionError} if a byte got to where it does not belong.
     *
     * @param seconds how long it takes, or longer
     * @param enough what must have happened by then, however long that takes
     */
    public static Count run(boolean differentLoops, int seconds, Predicate<Count> enough, long seed)
            throws IOException, InterruptedException {
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
                long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
                streams.runUntil(
                        () -> System.nanoTime() - end >= 0 && enough.test(count(streams, filler, dirtyBefore)));
            } finally {
                filler.end();
                Rig.await(filling);
            }
            return count(streams, filler, dirtyBefore);
        } finally {
            thread.shutdown();
        }
    }

    private static Count count(DoomedStreams streams, FdFiller filler, long dirtyBefore) {
        long dirty = SpliceMetrics.snapshot().pipesClosedDirty() - dirtyBefore;
        return new Count(streams.ended(), dirty, filler.opened());
    }
}
