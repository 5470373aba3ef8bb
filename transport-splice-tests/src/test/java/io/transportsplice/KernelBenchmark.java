// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.Native;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a system call costs by {@code java.lang.foreign}, by jnr-ffi and by Netty's JNI: a byte goes to and fro between two
 * pipes, which is as little as a splice can do; and calls that find nothing, with their errno. Needs Java 22 or later. Run
 * with {@code -prof gc}: no call is to allocate.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {LoopThreads.CUSTOM, LoopThreads.CLASS, "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class KernelBenchmark {
    private static final int SPLICE_F_MOVE_NONBLOCK = 1 | 2; // as LibC and Netty have it
    private static final int O_NONBLOCK = 0x800;

    /** A byte in one of two pipes, and a third pipe, which is empty. */
    @State(Scope.Thread)
    public static class Pipes {
        private final Kernel kernel = KernelAccess.openWanted().kernel();
        private final int[] here = open();
        private final int[] there = open();
        private final int[] empty = open();

        private int[] open() {
            int[] pipe = new int[2];
            if (kernel.pipe2(pipe, O_NONBLOCK) != 0) {
                throw new IllegalStateException("errno " + kernel.errno());
            }
            return pipe;
        }

        @Setup
        public void putByte() throws IOException {
            Epoll.ensureAvailability(); // loads Netty's native library
            new FileDescriptor(here[1]).write(ByteBuffer.allocateDirect(1), 0, 1);
        }

        @TearDown
        public void close() {
            for (int[] pipe : new int[][] {here, there, empty}) {
                kernel.close(pipe[0]);
                kernel.close(pipe[1]);
            }
        }
    }

    /** A way to call the kernel. */
    @State(Scope.Thread)
    public static class Way {
        @Param({"ffm", "jnr"})
        public String access;

        private final ByteBuffer into = ByteBuffer.allocateDirect(1);
        private Kernel kernel;

        @Setup
        public void open() {
            kernel = KernelAccess.open(access).kernel();
        }

        private void splice(int in, int out) {
            if (kernel.splice(in, out, 1, SPLICE_F_MOVE_NONBLOCK) != 1) {
                throw new IllegalStateException("errno " + kernel.errno());
            }
        }
    }

    @Benchmark
    @OperationsPerInvocation(2)
    public void splice(Way way, Pipes pipes) {
        way.splice(pipes.here[0], pipes.there[1]);
        way.splice(pipes.there[0], pipes.here[1]);
    }

    @Benchmark
    @OperationsPerInvocation(2)
    public void spliceByNetty(Pipes pipes) throws IOException {
        spliceByNetty(pipes.here[0], pipes.there[1]);
        spliceByNetty(pipes.there[0], pipes.here[1]);
    }

    private static void spliceByNetty(int in, int out) throws IOException {
        if (Native.splice(in, -1, out, -1, 1) != 1) {
            throw new IllegalStateException("not spliced");
        }
    }

    @Benchmark
    public int spliceNothing(Way way, Pipes pipes) {
        long result = way.kernel.splice(pipes.empty[0], pipes.there[1], 1, SPLICE_F_MOVE_NONBLOCK);
        return result < 0 ? way.kernel.errno() : 0;
    }

    @Benchmark
    public int readNothing(Way way, Pipes pipes) {
        long result = way.kernel.read(pipes.empty[0], way.into, 1);
        return result < 0 ? way.kernel.errno() : 0;
    }
}
