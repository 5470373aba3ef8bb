// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.embedded.EmbeddedChannel;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a pipe costs: taken from the pool and given back, against made and closed; by one thread, and by as many as there
 * are cores, each with the pool of its own loop. Run with {@code -prof gc}.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class PipePoolBenchmark {

    /** A pool as an event loop has it. */
    @State(Scope.Thread)
    public static class Pool {
        /** The kernel's default, which needs no further call, and the largest that an unprivileged user gets. */
        @Param({"65536", "1048576"})
        public int capacity;

        // Its loop is whatever thread uses it, and the trimming it is asked to schedule never runs.
        private final EmbeddedChannel channel = new EmbeddedChannel();
        private final PipePool pool = new PipePool(Availability.LIBC, channel.eventLoop());

        @Setup
        public void fill() {
            pool.put(pool.get(capacity), 1);
        }

        @TearDown
        public void close() {
            pool.close();
            channel.finishAndReleaseAll();
        }

        Pipe getAndPut(int bound) {
            Pipe pipe = pool.get(capacity);
            pool.put(pipe, bound);
            return pipe;
        }
    }

    @Benchmark
    @Threads(1)
    public Object pooled(Pool pool) {
        return pool.getAndPut(1);
    }

    @Benchmark
    @Threads(Threads.MAX)
    public Object pooledOnEveryCore(Pool pool) {
        return pool.getAndPut(1);
    }

    @Benchmark
    @Threads(1)
    public Object fresh(Pool pool) {
        return pool.getAndPut(0);
    }

    @Benchmark
    @Threads(Threads.MAX)
    public Object freshOnEveryCore(Pool pool) {
        return pool.getAndPut(0);
    }
}
