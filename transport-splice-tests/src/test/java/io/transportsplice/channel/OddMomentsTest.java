// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.DuplexChannel;
import io.transportsplice.EpollSplice;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.LimitedBytes;
import io.transportsplice.SpliceFallback;
import io.transportsplice.SpliceMetrics;
import io.transportsplice.SpliceOptions;
import io.transportsplice.SpliceOptions.Policy;
import io.transportsplice.channel.Variant.Arrival;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Family;
import io.transportsplice.testing.LoopGroups;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import io.transportsplice.testing.Rig;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Moments of a channel that come seldom. */
@ExtendWith(Baseline.class)
@Timeout(60)
class OddMomentsTest {

    private static final int SOME = 500;
    private static final int MUCH = 300_000;
    /** Worth splicing where that is known to come. */
    private static final int LARGE = 70_000;

    private static final int NEVER_REACHED = 1_000_000_000;

    private static Variant from(Policy policy, boolean wrapped) {
        return new Variant(policy, wrapped, Arrival.START, policy != null, Family.TCP, true);
    }

    @ParameterizedTest
    @CsvSource({"NEVER, false", "AUTO, false", "ALWAYS, false", "NEVER, true", "AUTO, true", "ALWAYS, true"})
    void shouldServeAReadFromBeforeTheHandlerCame(Policy policy, boolean wrapped) throws Exception {
        SpliceOptions options = SpliceOptions.builder().policy(policy).build();
        try (Stage stage = new Stage(from(null, wrapped)).noAutoRead()) {
            stage.start(Channel::read);
            stage.onLoop(channel -> {
                channel.pipeline().addFirst(new EpollSpliceHandler(options));
                channel.writeAndFlush(stage.bytes(SOME));
            });
            stage.peer().receive(stage.outgoing(), 0, SOME);
            stage.settleLoop();
            stage.send(SOME);
            stage.awaitReceived();
            stage.awaitEvents("registered active read complete");
            stage.send(SOME);
            stage.settleLoop();
            assertEquals(1, stage.recorder().messages(), "it was one read");
        }
    }

    /** Recorders want buffers. */
    private static final class Unwrapping extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.fireChannelRead(message instanceof ByteBufHolder holder ? holder.content() : message);
        }
    }

    /** Cancelled by another thread, while bytes come, so by now on this loop and now on the other. */
    @ParameterizedTest
    @CsvSource({"ON_DEMAND, false", "ALWAYS, false", "ON_DEMAND, true", "ALWAYS, true"})
    void shouldLoseNothingWhenALimitIsCancelledAfterAMove(Policy policy, boolean wrapped) throws Exception {
        try (Stage stage = new Stage(from(policy, wrapped), 2)) {
            stage.user(new Unwrapping()).start();
            EpollSpliceHandler handler = stage.channel().pipeline().get(EpollSpliceHandler.class);
            for (int i = 0; i < 10; i++) {
                Future<Long> limit = onLoop(stage, () -> handler.limit(NEVER_REACHED));
                stage.send(MUCH);
                stage.awaitReceived();
                CompletableFuture<Void> moved = new CompletableFuture<>();
                stage.onLoop(channel -> channel.deregister()
                        .addListener(done ->
                                stage.otherLoop().register(channel).addListener(registered -> moved.complete(null))));
                Rig.await(moved);
                CompletableFuture<Void> sent = CompletableFuture.runAsync(() -> {
                    try {
                        stage.send(MUCH);
                    } catch (Exception e) {
                        throw new AssertionError(e);
                    }
                });
                limit.cancel(false);
                Rig.await(sent);
                stage.awaitReceived();
                stage.onLoop(channel -> {});
            }
            assertEquals("registered active read complete", moves(stage.events()));
        }
    }

    /** Keeps what comes, without a look, as recorders look. */
    private static final class Keeping extends ChannelInboundHandlerAdapter {
        private final Queue<ByteBuf> kept = new ConcurrentLinkedQueue<>();

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            kept.add((ByteBuf) LimitedBytes.unwrap(message));
        }

        void await(int bytes) {
            Await.until(
                    "they are there",
                    () -> kept.stream().mapToInt(ByteBuf::readableBytes).sum(),
                    Predicate.isEqual(bytes));
        }
    }

    @ParameterizedTest
    @CsvSource({"ON_DEMAND, false", "ALWAYS, false", "ON_DEMAND, true", "ALWAYS, true"})
    void shouldSpliceALimitFromItsFirstByteToItsLast(Policy policy, boolean wrapped) throws Exception {
        Keeping keeping = new Keeping();
        try (Stage stage = new Stage(from(policy, wrapped))) {
            stage.user(keeping).start();
            EpollSpliceHandler handler = stage.channel().pipeline().get(EpollSpliceHandler.class);
            long copied = SpliceMetrics.snapshot().bytesCopied();
            onLoop(stage, () -> handler.limit(LARGE));
            stage.send(LARGE);
            keeping.await(LARGE);
            stage.settleLoop();
            assertEquals(copied, SpliceMetrics.snapshot().bytesCopied());
            assertEquals(policy == Policy.ALWAYS, onLoop(stage, handler::isSplicing));
            stage.send(SOME);
            keeping.await(LARGE + SOME);
            stage.settleLoop();
            assertEquals(
                    copied + (policy == Policy.ALWAYS ? 0 : SOME),
                    SpliceMetrics.snapshot().bytesCopied());
            stage.onLoop(channel -> keeping.kept.forEach(channel.pipeline().context(keeping)::fireChannelRead));
            stage.awaitReceived();
        }
    }

    /** By a handler in front, which is to see each read(). */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldTellOnceThatALimitIsNotSpliced(boolean wrapped) throws Exception {
        try (Stage stage = new Stage(from(Policy.ON_DEMAND, wrapped)).noAutoRead()) {
            stage.user(new Unwrapping()).start();
            EpollSpliceHandler handler = stage.channel().pipeline().get(EpollSpliceHandler.class);
            long told = SpliceMetrics.snapshot().fallbacks(SpliceFallback.NOT_FIRST);
            stage.onLoop(channel -> {
                channel.pipeline().addFirst(new ChannelInboundHandlerAdapter());
                handler.limit(NEVER_REACHED);
            });
            for (int i = 0; i < 3; i++) {
                stage.onLoop(Channel::read);
                stage.send(SOME);
                stage.awaitReceived();
            }
            assertEquals(told + 1, SpliceMetrics.snapshot().fallbacks(SpliceFallback.NOT_FIRST));
        }
    }

    /** What autoRead has asked for once goes on. */
    @Test
    void shouldSpliceThoughNoReadComesByAnyMore() throws Exception {
        ChannelOutboundHandlerAdapter user = new ChannelOutboundHandlerAdapter() {
            private boolean hasRead;

            @Override
            public void read(ChannelHandlerContext ctx) {
                if (!hasRead) {
                    hasRead = true;
                    ctx.read();
                }
            }
        };
        try (Stage stage = new Stage(new Variant(Policy.AUTO, false, Arrival.START, false, Family.TCP, true))) {
            stage.user(user).start();
            long before = SpliceMetrics.snapshot().buffers();
            for (int i = 0; i < 10; i++) {
                stage.send(MUCH);
                stage.awaitReceived();
            }
            assertTrue(SpliceMetrics.snapshot().buffers() > before);
        }
    }

    @ParameterizedTest
    @CsvSource({"ON_DEMAND, false", "ALWAYS, false", "ON_DEMAND, true", "ALWAYS, true"})
    void shouldEndALimitAtOnceWhereTheInputHasEnded(Policy policy, boolean wrapped) throws Exception {
        try (Stage stage = new Stage(from(policy, wrapped)).halfClosing()) {
            stage.start();
            EpollSpliceHandler handler = stage.channel().pipeline().get(EpollSpliceHandler.class);
            stage.peer().halfClose();
            DuplexChannel channel = (DuplexChannel) stage.channel();
            Await.until("the end has come", channel::isInputShutdown);
            assertEquals(0, Rig.await(onLoop(stage, () -> handler.limit(SOME))));
        }
    }

    private static <T> T onLoop(Stage stage, Callable<T> task) throws Exception {
        return Rig.await(stage.channel().eventLoop().submit(task));
    }

    private static String moves(String events) {
        return events.replace(" unregistered registered read complete", "").replace(" unregistered registered", "");
    }

    /** Which Netty does by another thread, and tells the loop when that is done. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldForgetChannelsThatAreClosedWithLinger(boolean wrapped) throws Exception {
        List<WeakReference<Channel>> channels = Collections.synchronizedList(new ArrayList<>());
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        Channel server = new ServerBootstrap()
                .group(group, wrapped ? EpollSplice.wrap(group) : group)
                .channel(EpollServerSocketChannel.class)
                .childOption(ChannelOption.SO_LINGER, 1)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addFirst(new EpollSpliceHandler());
                        after(channels.size() % 6, channel);
                        channels.add(new WeakReference<>(channel));
                    }
                })
                .bind(Family.toNetty(Family.TCP.freshAddress()))
                .syncUninterruptibly()
                .channel();
        for (int i = 0; i < 60; i++) {
            try (Peer peer = Peer.connect(server.localAddress())) {
                assertEquals(new Received(0, End.EOF), peer.receiveToEnd(new Pattern(0), 0));
            }
        }
        Await.until("nobody has them any more", () -> {
            System.gc();
            return channels.stream().noneMatch(channel -> channel.get() != null);
        });
        server.close().syncUninterruptibly();
        LoopGroups.end(group);
    }

    /** Closes it so many tasks later. */
    private static void after(int tasks, Channel channel) {
        if (tasks == 0) {
            channel.close();
        } else {
            channel.eventLoop().execute(() -> after(tasks - 1, channel));
        }
    }
}
