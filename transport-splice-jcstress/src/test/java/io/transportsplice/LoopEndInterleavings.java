// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.channel.local.LocalIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.Promise;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;
import org.openjdk.jcstress.infra.results.Z_Result;

/** Pipes come home to a loop that ends. */
final class LoopEndInterleavings {

    private LoopEndInterleavings() {}

    @JCStressTest
    @Description("A task is handed to a loop, as each pipe that comes home is, while the loop ends.")
    @Outcome(id = "run", expect = ACCEPTABLE, desc = "The loop was there to run it.")
    @Outcome(id = "ended", expect = ACCEPTABLE, desc = "It was not, which is told when its thread is done.")
    @Outcome(expect = FORBIDDEN, desc = "Neither, and the pipe is left open; or both; or beside the loop's last tasks.")
    @State
    public static class TaskAndEndOfLoop {
        private static final ThreadFactory THREADS = new DefaultThreadFactory("loop", true);
        private static final int PATIENCE_SECONDS = 10;

        private final SingleThreadIoEventLoop loop =
                new SingleThreadIoEventLoop(null, THREADS, LocalIoHandler.newFactory());
        private final AtomicInteger runs = new AtomicInteger();
        private final AtomicInteger ends = new AtomicInteger();
        private final Promise<Void> told = GlobalEventExecutor.INSTANCE.newPromise();
        private volatile boolean early;

        public TaskAndEndOfLoop() {
            loop.execute(() -> {}); // its thread runs
        }

        @Actor
        public void owner() {
            Tasks.execute(loop, this::run, this::ended);
        }

        private void run() {
            runs.incrementAndGet();
            told.trySuccess(null);
        }

        private void ended() {
            early = !loop.isTerminated();
            ends.incrementAndGet();
            told.trySuccess(null);
        }

        @Actor
        @SuppressWarnings("deprecation") // without a quiet period, which would only be waited for
        public void end() {
            loop.shutdown();
        }

        @Arbiter
        public void account(L_Result r) {
            loop.terminationFuture().awaitUninterruptibly();
            boolean known = told.awaitUninterruptibly(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (early || !known || runs.get() + ends.get() != 1) {
                r.r1 = "early: " + early + ", runs: " + runs + ", ends: " + ends;
            } else {
                r.r1 = runs.get() == 1 ? "run" : "ended";
            }
        }
    }

    @JCStressTest
    @Description("Two pipes outlive their loop and come home on two threads, while the pool closes what it keeps.")
    @Outcome(id = "true", expect = ACCEPTABLE, desc = "Each is closed once.")
    @Outcome(expect = FORBIDDEN, desc = "A pipe is left open, or a number is closed that is somebody else's by now.")
    @State
    public static class PutsAfterEnd {
        private final OnePipe first = new OnePipe();
        private final OnePipe second = new OnePipe();
        private final PipePool pool = new PipePool(null, null);

        public PutsAfterEnd() {
            pool.counters.increment(PoolCounters.CREATED);
            pool.counters.increment(PoolCounters.CREATED);
        }

        @Actor
        public void one() {
            pool.putAfterEnd(first.pipe());
        }

        @Actor
        public void two() {
            pool.putAfterEnd(second.pipe());
            pool.close();
        }

        @Arbiter
        public void account(Z_Result r) {
            r.r1 = first.isClosedOnce() && second.isClosedOnce();
        }
    }
}
