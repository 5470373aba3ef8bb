// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.logging.LogLevel;
import io.netty.handler.logging.LoggingHandler;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GenericProgressiveFutureListener;
import io.netty.util.concurrent.ProgressiveFuture;
import io.transportsplice.SpliceOptions.Policy;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.LoopGroups;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Peer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(Baseline.class)
@Timeout(60)
class LimitTest {
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    private final Pattern pattern = new Pattern(7);
    private final BlockingQueue<Channel> accepted = new LinkedBlockingQueue<>();
    private MultiThreadIoEventLoopGroup group;

    private Peer connect(ChannelInitializer<Channel> initializer, boolean epoll, boolean halfClosure)
            throws IOException {
        group = new MultiThreadIoEventLoopGroup(1, epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        Channel server = new ServerBootstrap()
                .group(group)
                .channel(epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, halfClosure)
                .childHandler(initializer)
                .bind(InetAddress.getLoopbackAddress(), 0)
                .syncUninterruptibly()
                .channel();
        return Peer.connect((InetSocketAddress) server.localAddress());
    }

    @AfterEach
    void end() {
        LoopGroups.end(group); // and its channels
    }

    private FrameReader sendFrames(Policy policy, boolean epoll, long seed) throws IOException {
        EpollSpliceHandler handler =
                new EpollSpliceHandler(SpliceOptions.builder().policy(policy).build());
        FrameReader reader = new FrameReader(handler, pattern);
        Random random = new Random(seed);
        long position = 0;
        try (Peer client = connect(initializer(handler, reader), epoll, false)) {
            int[] lengths = new int[60];
            for (int i = 0; i < lengths.length; i++) {
                lengths[i] = random.nextInt(1 << (1 + i % 22));
            }
            for (int length : lengths) {
                client.send(ByteBuffer.allocate(Long.BYTES).putLong(length).array());
                client.send(pattern, position, position + length, 1 + random.nextInt(200 * KIB));
                position += length;
            }
            Await.until("all frames are read", () -> reader.frames.get() == lengths.length || reader.failure != null);
        }
        if (reader.failure != null) {
            throw new AssertionError("seed " + seed, reader.failure);
        }
        return reader;
    }

    private ChannelInitializer<Channel> initializer(EpollSpliceHandler handler, ChannelInboundHandlerAdapter next) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.pipeline().addLast(handler, next);
                accepted.add(channel);
            }
        };
    }

    @ParameterizedTest
    @EnumSource(Policy.class)
    void shouldReadEachBodyAsALimitsAndAllElseAsBuffers(Policy policy) throws IOException {
        long seed = System.nanoTime();
        FrameReader reader = sendFrames(policy, true, seed);
        if (policy == Policy.NEVER) {
            assertEquals(0, reader.splicedBytes.get());
        } else {
            assertTrue(reader.splicedBytes.get() > 0, () -> reader.splicedBytes.get() + " spliced, seed " + seed);
        }
    }

    @Test
    void shouldReadBodiesOfCopiedBytesOnAnotherTransport() throws IOException {
        FrameReader reader = sendFrames(Policy.ALWAYS, false, System.nanoTime());
        assertEquals(0, reader.splicedBytes.get());
        assertTrue(reader.copiedBytes.get() > 0);
    }

    /** Counts bytes of limits and of others, and reads no further than it is told. */
    private static final class Counting extends ChannelInboundHandlerAdapter {
        final AtomicLong limitedBytes = new AtomicLong();
        final AtomicLong bufferBytes = new AtomicLong();

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof LimitedBytes limited) {
                limitedBytes.addAndGet(limited.content().readableBytes());
            } else {
                bufferBytes.addAndGet(((ByteBuf) message).readableBytes());
            }
            ReferenceCountUtil.release(message);
        }
    }

    private final EpollSpliceHandler handler = new EpollSpliceHandler(
            SpliceOptions.builder().policy(Policy.ON_DEMAND).build());
    private final Counting counting = new Counting();

    private <T> T onLoop(Callable<T> call) throws Exception {
        return group.next().submit(call).get(20, TimeUnit.SECONDS);
    }

    private Future<Long> limit(long bytes) throws Exception {
        accepted.add(accepted.take()); // it is there
        return onLoop(() -> handler.limit(bytes));
    }

    @Test
    void shouldTellHowManyBytesCameWhenTheInputEndsBefore() throws Exception {
        try (Peer client = connect(initializer(handler, counting), true, true)) {
            Future<Long> limit = limit(10 * MIB);
            client.send(pattern, 0, 3 * MIB, 64 * KIB);
            client.halfClose();
            assertEquals(3 * MIB, limit.get(20, TimeUnit.SECONDS));
            assertEquals(3 * MIB, counting.limitedBytes.get());
        }
    }

    @Test
    void shouldFailWhenTheChannelIsClosedBefore() throws Exception {
        try (Peer client = connect(initializer(handler, counting), true, false)) {
            Future<Long> limit = limit(10 * MIB);
            client.send(pattern, 0, 3 * MIB, 64 * KIB);
            client.halfClose();
            assertInstanceOf(ClosedChannelException.class, limit.await().cause());
            Await.until(
                    "Netty has emptied the pipeline",
                    () -> accepted.element().pipeline().first() == null);
            assertInstanceOf(ClosedChannelException.class, limit(1).await().cause());
        }
    }

    @Test
    void shouldFailWhenThePeerResets() throws Exception {
        try (Peer client = connect(initializer(handler, counting), true, true)) {
            Future<Long> limit = limit(10 * MIB);
            client.send(pattern, 0, MIB, 64 * KIB);
            Await.until("all bytes are there", () -> counting.limitedBytes.get() == MIB);
            client.reset();
            assertInstanceOf(IOException.class, limit.await().cause());
        }
    }

    @Test
    void shouldReadBuffersAgainOnceCancelled() throws Exception {
        try (Peer client = connect(initializer(handler, counting), true, false)) {
            Future<Long> limit = limit(10 * MIB);
            client.send(pattern, 0, 3 * MIB, 64 * KIB);
            Await.until("all bytes are there", () -> counting.limitedBytes.get() == 3 * MIB);
            assertTrue(limit.cancel(false));
            onLoop(() -> null);
            client.send(pattern, 0, 3 * MIB, 64 * KIB);
            Await.until("all bytes are there", () -> counting.bufferBytes.get() == 3 * MIB);
            assertEquals(3 * MIB, counting.limitedBytes.get());
        }
    }

    @Test
    void shouldFailWhenTheHandlerIsRemoved() throws Exception {
        try (Peer client = connect(initializer(handler, counting), true, false)) {
            Future<Long> limit = limit(10 * MIB);
            client.send(pattern, 0, MIB, 64 * KIB);
            Await.until("all bytes are there", () -> counting.limitedBytes.get() == MIB);
            accepted.element().pipeline().remove(handler);
            assertInstanceOf(IllegalStateException.class, limit.await().cause());
            client.send(pattern, 0, MIB, 64 * KIB);
            Await.until("all bytes are there", () -> counting.bufferBytes.get() == MIB);
        }
    }

    @Test
    void shouldRefuseASecondLimit() throws Exception {
        try (Peer client = connect(initializer(handler, counting), true, false)) {
            Future<Long> first = limit(MIB);
            assertThrows(IllegalStateException.class, () -> onLoopUnwrapped(() -> handler.limit(1)));
            client.send(pattern, 0, MIB, 64 * KIB);
            assertEquals(MIB, first.get(20, TimeUnit.SECONDS));
            assertEquals(0, onLoop(() -> handler.limit(0)).get(20, TimeUnit.SECONDS));
        }
    }

    @Test
    void shouldKeepTheLimitThatAListenerOfTheLastSets() throws Exception {
        try (Peer client = connect(initializer(handler, counting), true, false)) {
            CompletableFuture<Future<Long>> second = new CompletableFuture<>();
            Future<Long> first = limit(KIB);
            first.addListener((ProgressListener) (future, moved, total) -> {
                future.cancel(false);
                second.complete(handler.limit(KIB));
            });
            client.send(pattern, 0, 2 * KIB, KIB);
            assertEquals(KIB, second.get(20, TimeUnit.SECONDS).get(20, TimeUnit.SECONDS));
            assertTrue(first.isCancelled());
            assertEquals(2 * KIB, counting.limitedBytes.get());
        }
    }

    private interface ProgressListener extends GenericProgressiveFutureListener<ProgressiveFuture<Long>> {
        @Override
        default void operationComplete(ProgressiveFuture<Long> done) {}
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldRefuseToCountBytesBeforeTls(boolean isFirst) throws Exception {
        SslHandler tls = SslContextBuilder.forClient().build().newHandler(ByteBufAllocator.DEFAULT);
        ChannelInitializer<Channel> initializer = new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.pipeline().addLast(handler, tls, counting);
                if (!isFirst) {
                    channel.pipeline().addFirst(new LoggingHandler(LogLevel.TRACE));
                }
                accepted.add(channel);
            }
        };
        try (Peer client = connect(initializer, true, false)) {
            accepted.add(accepted.take()); // it is there
            assertThrows(IllegalStateException.class, () -> onLoopUnwrapped(() -> handler.limit(1)));
            client.halfClose();
        }
    }

    @Test
    void shouldRefuseAnotherThread() throws Exception {
        try (Peer client = connect(initializer(handler, counting), true, false)) {
            limit(0);
            assertThrows(IllegalStateException.class, () -> handler.limit(1));
            client.halfClose();
        }
    }

    private void onLoopUnwrapped(Callable<?> call) throws Throwable {
        try {
            onLoop(call);
        } catch (ExecutionException e) {
            throw e.getCause();
        }
    }
}
