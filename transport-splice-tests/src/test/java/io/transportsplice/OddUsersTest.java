// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.DefaultMessageSizeEstimator;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import io.transportsplice.SpliceOptions.Policy;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.LoopHold;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.Side;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What Netty allows its users to do, and few do. */
@ExtendWith(Baseline.class)
@Timeout(60)
class OddUsersTest {
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;
    private static final Route ROUTE = Route.TCP_TCP_UP;

    /** Has enough with the first message. */
    private static final class Enough extends ChannelDuplexHandler {
        private final AtomicInteger behind = new AtomicInteger();
        private volatile boolean enough;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ReferenceCountUtil.release(message);
            if (enough) {
                behind.incrementAndGet();
            } else {
                ((DuplexChannel) ctx.channel()).shutdownInput();
                enough = true;
            }
        }
    }

    /** Netty reads nothing more within that wake-up, nor later. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY", "PLAIN"})
    void shouldReadNothingMoreForWhoShutsItsInputDown(Mode mode) throws Exception {
        Enough enough = new Enough();
        try (Rig rig = new Rig(mode)
                .configure(c -> c.relay(ChannelDuplexHandler::new, (front, back) -> {})
                        .pipeline((side, pipeline) -> {
                            if (side == Side.FRONT) {
                                pipeline.channel().config().setAutoRead(false);
                                pipeline.addLast(enough);
                            }
                        }))) {
            Link link = rig.link(ROUTE);
            link.source().sendWithoutWaiting(link.forward(), 0, 8 * MIB);
            Channel front = rig.relay().lastPair().front();
            front.config().setAutoRead(true);
            Await.until("it has enough", () -> enough.enough);
            rig.relay().awaitRest();
            assertEquals(0, enough.behind.get());
            rig.relay().closeChannels();
        }
    }

    /** Flushes when a MiB has come. */
    private static final class LateFlusher extends Passing {
        private long unflushed;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            unflushed += ((ByteBuf) message).readableBytes();
            super.channelRead(ctx, message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            if (unflushed >= MIB) {
                unflushed = 0;
                super.channelReadComplete(ctx);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY"})
    void shouldReadOnForWhoeverFlushesLate(Mode mode) throws Exception {
        try (Rig rig = new Rig(mode).configure(c -> c.relay(LateFlusher::new, Passing::join))) {
            rig.link(ROUTE).carryToEnd(8 * MIB, 64 * KIB);
        }
    }

    /** Keeps the latest of what it passes on, as many as may wait in sinks. */
    private static final class Remembering extends Passing {
        private final Queue<ByteBuf> kept = new ConcurrentLinkedQueue<>();

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            kept.add(((ByteBuf) message).retain());
            super.channelRead(ctx, message);
            forgetAllBut(SpliceOptions.defaults().maxInFlight());
        }

        void forgetAllBut(int latest) {
            while (kept.size() > latest) {
                kept.remove().release();
            }
        }
    }

    /** What is sent already waits for no sink. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY"})
    void shouldReadOnForWhoeverKeepsWhatIsSent(Mode mode) throws Exception {
        try (Rig rig = new Rig(mode).configure(c -> c.relay(Remembering::new, Passing::join))) {
            Link link = rig.link(ROUTE);
            Remembering source = rig.relay().lastPair().front().pipeline().get(Remembering.class);
            long sent = link.fillUp(16 * MIB); // so that the source has stopped for its sink
            link.sink().receive(link.forward(), 0, sent);
            link.carry(sent, sent + 8 * MIB, 64 * KIB);
            source.forgetAllBut(0);
        }
    }

    /** It knows buffers, and nothing else. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY"})
    void shouldAskAnEstimatorOfTheUsersForBuffersOnly(Mode mode) throws Exception {
        try (Rig rig = new Rig(mode)
                .configure(c -> c.relay(Passing::new, Passing::join)
                        .pipeline((side, pipeline) -> pipeline.channel()
                                .config()
                                .setMessageSizeEstimator(() -> message -> ((ByteBuf) message).readableBytes())))) {
            rig.link(ROUTE).carryToEnd(4 * MIB, 64 * KIB);
        }
    }

    /** The pipeline keeps the estimator that it has used first. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY"})
    void shouldAskTheUsersEstimatorForBuffersOnlyWhereAnotherCameLater(Mode mode) throws Exception {
        try (Rig rig = new Rig(mode)
                .configure(c -> c.relay(Passing::new, Passing::join).pipeline((side, pipeline) -> {
                    ChannelConfig config = pipeline.channel().config();
                    config.setMessageSizeEstimator(() -> message -> ((ByteBuf) message).readableBytes());
                    pipeline.channel().write(Unpooled.EMPTY_BUFFER);
                    config.setMessageSizeEstimator(DefaultMessageSizeEstimator.DEFAULT);
                }))) {
            rig.link(ROUTE).carryToEnd(4 * MIB, 64 * KIB);
        }
    }

    /** It stays on the loop that its channel leaves, and can only look on. */
    @ParameterizedTest
    @EnumSource
    @SuppressWarnings("deprecation") // some still use it
    void shouldPassThroughWhereItsExecutorIsTheLoopThatTheChannelLeft(Policy policy) throws Exception {
        try (Rig rig = new Rig(Mode.PLAIN)
                .configure(c -> c.differentLoops()
                        .relay(Passing::new, Passing::join)
                        .pipeline((side, pipeline) -> pipeline.addFirst(
                                pipeline.channel().eventLoop(),
                                null,
                                new EpollSpliceHandler(
                                        SpliceOptions.builder().policy(policy).build()))))) {
            Link link = rig.link(ROUTE);
            link.carry(0, MIB, 64 * KIB);
            Channel source = rig.relay().lastPair().front();
            source.deregister().sync();
            rig.relay().lastPair().back().eventLoop().register(source).sync();
            link.carry(MIB, 4 * MIB, 64 * KIB);
        }
    }

    /** As whoever renews a handler's options does it. */
    @Test
    void shouldTakeThePlaceOfTheOneInFront() throws Exception {
        try (Rig rig = new Rig(Mode.SPLICE).configure(c -> c.relay(Passing::new, Passing::join))) {
            Link link = rig.link(ROUTE);
            link.carry(0, MIB, 64 * KIB);
            Channel source = rig.relay().lastPair().front();
            EpollSpliceHandler old = source.pipeline().get(EpollSpliceHandler.class);
            EpollSpliceHandler renewed = new EpollSpliceHandler(
                    SpliceOptions.builder().policy(Policy.ALWAYS).build());
            source.pipeline().addAfter(source.pipeline().context(old).name(), null, renewed);
            link.carry(MIB, 2 * MIB, 64 * KIB);
            source.pipeline().remove(old);
            link.carry(2 * MIB, 4 * MIB, 64 * KIB);
            assertEquals(true, source.eventLoop().submit(renewed::isSplicing).get());
        }
    }

    /** What has arrived, and what the kernel still takes, stays where it is. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY"})
    void shouldDeliverNothingAfterItsUserShutTheInputDown(Mode mode) throws Exception {
        try (Rig rig = new Rig(mode).configure(c -> c.relay(Passing::new, Passing::join))) {
            Link link = rig.link(ROUTE);
            link.carry(0, MIB, 64 * KIB);
            EpollSocketChannel source =
                    (EpollSocketChannel) rig.relay().lastPair().front();
            LoopHold.whileHeld(source.eventLoop(), () -> {
                link.source().send(link.forward(), MIB, MIB + 64 * KIB, 64 * KIB);
                awaitUnread(source, 64 * KIB);
                source.shutdownInput(); // before the loop looks at its sockets
            });
            link.source().send(link.forward(), MIB + 64 * KIB, MIB + 128 * KIB, 64 * KIB);
            awaitUnread(source, 128 * KIB);
            awaitTurns(source);
            assertEquals(MIB, Passing.of(source).bytes.get());
        }
    }

    private static void awaitUnread(EpollSocketChannel source, int bytes) {
        Await.until(
                "they are there, unread",
                () -> Availability.LIBC.unread(source.fd().intValue()),
                unread -> unread == bytes);
    }

    /** In which the loop might have read them. */
    private static void awaitTurns(EpollSocketChannel source) throws Exception {
        for (int turns = 0; turns < 3; turns++) {
            source.eventLoop().submit(() -> {}).sync();
        }
    }

    /** Keeps what is asked, until it is opened. */
    private static final class Gate extends ChannelDuplexHandler {
        private boolean closed;

        @Override
        public void read(ChannelHandlerContext ctx) {
            if (!closed) {
                ctx.read();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY"})
    void shouldNotReadWhatSomebodyKeepsFromBeingAsked(Mode mode) throws Exception {
        Gate gate = new Gate();
        try (Rig rig = new Rig(mode)
                .configure(c -> c.relay(Passing::new, Passing::join).pipeline((side, pipeline) -> {
                    if (side == Side.FRONT) {
                        pipeline.addLast(gate);
                    }
                }))) {
            Link link = rig.link(ROUTE);
            link.carry(0, MIB, 64 * KIB);
            EpollSocketChannel source =
                    (EpollSocketChannel) rig.relay().lastPair().front();
            source.eventLoop()
                    .submit(() -> {
                        gate.closed = true;
                        source.config().setAutoRead(false).setAutoRead(true);
                    })
                    .sync();
            link.source().send(link.forward(), MIB, MIB + 64 * KIB, 64 * KIB);
            awaitUnread(source, 64 * KIB);
            awaitTurns(source);
            assertEquals(MIB, Passing.of(source).bytes.get());
            source.eventLoop()
                    .submit(() -> {
                        gate.closed = false;
                        source.read();
                    })
                    .sync();
            link.sink().receive(link.forward(), MIB, MIB + 64 * KIB);
        }
    }
}
