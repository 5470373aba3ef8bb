// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
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
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
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

    /** Looks at each message, and passes on nothing. */
    private static final class Looking extends ChannelDuplexHandler {
        private final AtomicBoolean failed = new AtomicBoolean();
        private final AtomicBoolean readOn = new AtomicBoolean();
        private final AtomicLong looks = new AtomicLong();

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf buffer = (ByteBuf) message;
            try {
                buffer.getByte(0);
                readOn.compareAndSet(false, failed.get());
                looks.incrementAndGet();
            } finally {
                buffer.release();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            failed.set(true);
        }
    }

    /** To go on would hide the hole. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE"})
    void shouldEndAStreamOfWhichAPartCouldNotBeRead(Mode mode) throws Exception {
        FailingAllocator allocator = new FailingAllocator();
        try (Rig rig = new Rig(mode)
                .configure(c -> c.relay(Looking::new, (front, back) -> {})
                        .pipeline((side, pipeline) ->
                                pipeline.channel().config().setOption(ChannelOption.ALLOCATOR, allocator)))) {
            Link link = rig.link(ROUTE);
            Channel source = rig.relay().lastPair().front();
            Looking looking = source.pipeline().get(Looking.class);
            link.source().send(link.forward(), 0, 100, 100);
            Await.until("it looks", looking.looks::get, looks -> looks > 0);
            allocator.failOnce();
            rig.async(() -> link.source().send(link.forward(), 100, 8 * MIB, 64 * KIB));
            source.closeFuture().sync();
            assertFalse(looking.readOn.get());
        }
    }

    /** Keeps what it reads, as it comes. */
    private static final class Keeping extends ChannelInboundHandlerAdapter {
        final Queue<ByteBuf> kept = new ConcurrentLinkedQueue<>();
        final AtomicBoolean failedOnItsLoop = new AtomicBoolean();

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            kept.add((ByteBuf) message);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            failedOnItsLoop.set(ctx.channel().eventLoop().inEventLoop());
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE"})
    void shouldEndSuchAStreamOnTheLoopWhereItIsByThen(Mode mode) throws Exception {
        FailingAllocator allocator = new FailingAllocator();
        try (Rig rig = new Rig(mode)
                .configure(c -> c.differentLoops()
                        .relay(Keeping::new, (front, back) -> {})
                        .pipeline((side, pipeline) ->
                                pipeline.channel().config().setOption(ChannelOption.ALLOCATOR, allocator)))) {
            Link link = rig.link(ROUTE);
            Channel source = rig.relay().lastPair().front();
            Keeping keeping = source.pipeline().get(Keeping.class);
            rig.async(() -> link.source().send(link.forward(), 0, 8 * MIB, 64 * KIB));
            Await.until("it has one in a pipe", () -> keeping.kept.stream().anyMatch(OddUsersTest::isInAPipe));
            source.config().setAutoRead(false); // a read there would get the failure meant for a look
            source.deregister().sync();
            rig.relay().lastPair().back().eventLoop().register(source).sync();
            ByteBuf inAPipe = keeping.kept.stream()
                    .filter(OddUsersTest::isInAPipe)
                    .findAny()
                    .orElseThrow();
            allocator.failOnce();
            assertThrows(OutOfMemoryError.class, () -> inAPipe.getByte(0));
            inAPipe.release();
            source.closeFuture().sync();
            assertTrue(keeping.failedOnItsLoop.get());
            keeping.kept.removeIf(buffer -> buffer.refCnt() == 0 || buffer.release());
        }
    }

    private static boolean isInAPipe(ByteBuf buffer) {
        return buffer instanceof PipeByteBuf pipe && pipe.isUntouched();
    }
}
