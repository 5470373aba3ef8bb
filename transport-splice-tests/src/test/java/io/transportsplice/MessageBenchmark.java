// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.epoll.EpollSocketChannel;
import io.transportsplice.relay.RelayHandler;
import java.io.IOException;
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
import org.openjdk.jmh.annotations.Warmup;

/**
 * One region: bytes are written to a socket, relayed to another and read there, all on one thread, which also runs the
 * event loop. {@code spliced} relays them through the pipelines of two channels that splice, {@code copied} through the
 * same without splicing, {@code bare} by a fill and a drain: what the kernel costs.
 * {@code spliced} less {@code bare} is what Netty, this library and one epoll_wait add, and {@code bareAndIdleTurn} has
 * that epoll_wait, with nothing to tell, and the loop's own turn in it. Run with {@code -prof gc}: a
 * region is to allocate nothing (leak detection, which samples, is off).
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {LoopThreads.CUSTOM, LoopThreads.CLASS, "-Dio.netty.leakDetection.level=disabled"})
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class MessageBenchmark {

    /** Two channels with a splice handler and a relay handler. */
    @State(Scope.Thread)
    public static class Pipelines {
        @Param({"64", "16384"})
        public int bytes;

        private LoopbackRelay relay;

        void open(SpliceOptions.Policy policy) throws IOException {
            SpliceOptions options = SpliceOptions.builder().policy(policy).build();
            relay = new LoopbackRelay(bytes, () -> new ChannelInitializer<>() {
                @Override
                protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(new EpollSpliceHandler(options), new RelayHandler());
                }
            });
        }

        int move() throws IOException {
            relay.send();
            relay.runLoop();
            return relay.receive();
        }

        @TearDown
        public void close() throws IOException {
            relay.close();
        }
    }

    /** Every read is a region. */
    public static class Splicing extends Pipelines {
        @Setup
        public void open() throws IOException {
            long buffers = SpliceMetrics.snapshot().buffers();
            open(SpliceOptions.Policy.ALWAYS);
            move();
            if (SpliceMetrics.snapshot().buffers() == buffers) {
                throw new IllegalStateException("nothing is spliced here");
            }
        }
    }

    /** No read is a region. */
    public static class Copying extends Pipelines {
        @Setup
        public void open() throws IOException {
            open(SpliceOptions.Policy.NEVER);
        }
    }

    /** A pipe between the two sockets, and neither pipeline nor event loop. */
    @State(Scope.Thread)
    public static class Bare {
        @Param({"64", "16384"})
        public int bytes;

        private LoopbackRelay relay;
        private PipePool pool;
        private Pipe pipe;
        private int source;
        private int sink;

        @Setup
        public void open() throws IOException {
            relay = new LoopbackRelay(bytes, () -> new ChannelInitializer<>() {
                @Override
                protected void initChannel(Channel channel) {}
            });
            pool = new PipePool(Availability.LIBC, relay.source().eventLoop());
            pipe = pool.get(SpliceOptions.defaults().pipeCapacity());
            source = ((EpollSocketChannel) relay.source()).fd().intValue();
            sink = ((EpollSocketChannel) relay.sink()).fd().intValue();
        }

        int move() throws IOException {
            relay.send();
            for (long left = bytes; left > 0; ) {
                left -= pipe.fill(source, SpliceOptions.defaults().pipeCapacity());
                while (pipe.bytes() > 0) {
                    pipe.drain(sink);
                }
            }
            return relay.receive();
        }

        @TearDown
        public void close() throws IOException {
            pipe.close();
            pool.close();
            relay.close();
        }
    }

    @Benchmark
    public int spliced(Splicing channels) throws IOException {
        return channels.move();
    }

    @Benchmark
    public int copied(Copying channels) throws IOException {
        return channels.move();
    }

    @Benchmark
    public int bare(Bare sockets) throws IOException {
        return sockets.move();
    }

    @Benchmark
    public int bareAndIdleTurn(Bare sockets) throws IOException {
        int bytes = sockets.move();
        sockets.relay.runLoop();
        return bytes;
    }
}
