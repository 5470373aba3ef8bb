// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;
import org.openjdk.jcstress.infra.results.J_Result;
import org.openjdk.jcstress.infra.results.Z_Result;

/** Somebody takes a snapshot of the counters while loops count, and while they end. */
final class CounterInterleavings {

    private CounterInterleavings() {}

    @JCStressTest
    @Description("A snapshot while a pipe is made, returned, used again and closed, by its loop.")
    @Outcome(id = "\\d+, \\d+", expect = ACCEPTABLE, desc = "As many in use and in the pool as there can be, or more.")
    @Outcome(expect = FORBIDDEN, desc = "Fewer than no pipe is in use, or in the pool.")
    @State
    public static class SnapshotOfAPool {
        private final PoolCounters counters = PoolCounters.ofNewPool();

        @Actor
        public void loop() {
            counters.increment(PoolCounters.CREATED);
            counters.increment(PoolCounters.RETURNED);
            counters.increment(PoolCounters.REUSED);
            counters.increment(PoolCounters.RETURNED);
            counters.increment(PoolCounters.REUSED);
            counters.increment(PoolCounters.RETURNED);
            counters.increment(PoolCounters.CLOSED_DIRTY);
        }

        @Actor
        public void snapshot(JJ_Result r) {
            r.r1 = counters.value(PoolCounters.IN_USE);
            r.r2 = counters.value(PoolCounters.POOLED);
        }

        @Arbiter
        public void end() {
            counters.end();
        }
    }

    @JCStressTest
    @Description("Two snapshots while a pool ends, whose counts pass to those of all that have ended.")
    @Outcome(id = "true", expect = ACCEPTABLE, desc = "The second is not behind the first.")
    @Outcome(expect = FORBIDDEN, desc = "A sum goes back, or counts something twice and takes it back.")
    @State
    public static class SnapshotsWhileAPoolEnds {
        private final PoolCounters counters = PoolCounters.ofNewPool();

        public SnapshotsWhileAPoolEnds() {
            counters.increment(PoolCounters.CREATED);
        }

        @Actor
        public void loop() {
            counters.end();
        }

        @Actor
        public void snapshots(Z_Result r) {
            long first = PoolCounters.sums()[PoolCounters.CREATED];
            r.r1 = PoolCounters.sums()[PoolCounters.CREATED] >= first;
        }
    }

    @JCStressTest
    @Description("A snapshot while a buffer is made and released.")
    @Outcome(id = "\\d+", expect = ACCEPTABLE, desc = "As many buffers are in flight as there can be, or more.")
    @Outcome(expect = FORBIDDEN, desc = "Fewer than none.")
    @State
    public static class SnapshotOfBuffers {
        private final OnePipe pipe = new OnePipe();

        @Actor
        public void loop() {
            pipe.buffer().release();
        }

        @Actor
        public void snapshot(J_Result r) {
            r.r1 = SpliceMetrics.snapshot().buffersInFlight();
        }
    }
}
