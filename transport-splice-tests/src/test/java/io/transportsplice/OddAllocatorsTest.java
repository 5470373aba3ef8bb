// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.RecvByteBufAllocator;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.TestRelay;
import java.lang.reflect.Proxy;
import java.nio.ByteOrder;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Memory that cannot be had, and allocators of users. */
@ExtendWith(Baseline.class)
@Timeout(60)
class OddAllocatorsTest {
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;
    private static final Route ROUTE = Route.TCP_TCP_UP;

    private static Rig rig(Mode mode, Supplier<ChannelHandler> handler, ByteBufAllocator allocator) {
        return new Rig(mode)
                .configure(c -> c.relay(handler, (front, back) -> {})
                        .pipeline((side, pipeline) ->
                                pipeline.channel().config().setOption(ChannelOption.ALLOCATOR, allocator)));
    }

    /** Looks at each message, and passes on nothing. */
    private static final class Looking extends ChannelDuplexHandler {
        private final AtomicBoolean failed = new AtomicBoolean();
        private final AtomicBoolean readOn = new AtomicBoolean();
        private final AtomicLong looks = new AtomicLong();
        private final AtomicLong bytes = new AtomicLong();

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf buffer = (ByteBuf) message;
            try {
                buffer.getByte(0);
                readOn.compareAndSet(false, failed.get());
                looks.incrementAndGet();
                bytes.addAndGet(buffer.readableBytes());
            } finally {
                buffer.release();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            failed.set(true);
        }
    }

    /** A quota, say: an exception in the event loop would stop all its channels. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY"})
    void shouldTellTheChannelThatItsAllocatorRefuses(Mode mode) throws Exception {
        expectToBeTold(mode, new IllegalStateException("asked for by the test"));
        expectToBeTold(mode, new LinkageError("asked for by the test"));
    }

    private static void expectToBeTold(Mode mode, Throwable refusal) throws Exception {
        FailingAllocator allocator = new FailingAllocator();
        try (Rig rig = rig(mode, Looking::new, allocator)) {
            Link link = rig.link(ROUTE);
            Looking looking = rig.relay().lastPair().front().pipeline().get(Looking.class);
            allocator.refuse(refusal);
            link.source().send(link.forward(), 0, 100, 100);
            Await.until("it is told", looking.failed::get);
            assertEquals(0, looking.looks.get());
            rig.relay().lastPair().front().close().sync();
            rig.relay().lastPair().back().close().sync();
        }
    }

    /** Such as a metric, or a quota, of the user's. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "COPY"})
    @SuppressWarnings("deprecation") // of a type that all allocators must name
    void shouldTellAUsersAllocatorOfTheMessagesThatWereRead(Mode mode) throws Exception {
        AtomicInteger counted = new AtomicInteger();
        RecvByteBufAllocator allocator = new AdaptiveRecvByteBufAllocator() {
            @Override
            public Handle newHandle() {
                return counting(super.newHandle(), counted);
            }
        };
        try (Rig rig = new Rig(mode)
                .configure(c -> c.relay(Looking::new, (front, back) -> {})
                        .pipeline(
                                (side, pipeline) -> pipeline.channel().config().setRecvByteBufAllocator(allocator)))) {
            Link link = rig.link(ROUTE);
            Looking looking = rig.relay().lastPair().front().pipeline().get(Looking.class);
            link.source().send(link.forward(), 0, 5 * KIB, 5 * KIB);
            Await.until("all has come", looking.bytes::get, bytes -> bytes == 5 * KIB);
            assertEquals(looking.looks.get(), counted.get());
        }
    }

    private static RecvByteBufAllocator.ExtendedHandle counting(Object handle, AtomicInteger messages) {
        return (RecvByteBufAllocator.ExtendedHandle) Proxy.newProxyInstance(
                RecvByteBufAllocator.class.getClassLoader(),
                new Class<?>[] {RecvByteBufAllocator.ExtendedHandle.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("incMessagesRead")) {
                        messages.addAndGet((int) arguments[0]);
                    }
                    return method.invoke(handle, arguments);
                });
    }

    /** To go on would hide the hole. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE"})
    void shouldEndAStreamOfWhichAPartCouldNotBeRead(Mode mode) throws Exception {
        expectToEnd(mode, new OutOfMemoryError("asked for by the test"));
        if (mode == Mode.SPLICE) { // with AUTO it may be Netty that meets it, loses nothing, and reads on
            expectToEnd(mode, new LinkageError("asked for by the test"));
        }
    }

    private static void expectToEnd(Mode mode, Throwable failure) throws Exception {
        FailingAllocator allocator = new FailingAllocator();
        try (Rig rig = rig(mode, Looking::new, allocator)) {
            Link link = rig.link(ROUTE);
            Channel source = rig.relay().lastPair().front();
            Looking looking = source.pipeline().get(Looking.class);
            link.source().send(link.forward(), 0, 100, 100);
            Await.until("it looks", looking.looks::get, looks -> looks > 0);
            allocator.failOnce(failure);
            rig.async(() -> link.source().send(link.forward(), 100, 8 * MIB, 64 * KIB));
            source.closeFuture().sync();
            assertFalse(looking.readOn.get());
        }
    }

    /** What has bytes in a pipe within. */
    private enum Form {
        COMPOSITE {
            @Override
            ByteBuf of(ByteBuf bytes) {
                return Unpooled.wrappedBuffer(Unpooled.directBuffer(1).writeByte(1), bytes);
            }
        },
        FIXED {
            @Override
            ByteBuf of(ByteBuf bytes) {
                return Unpooled.wrappedUnmodifiableBuffer(
                        Unpooled.directBuffer(1).writeByte(1), bytes);
            }
        },
        SWAPPED {
            @Override
            @SuppressWarnings("deprecation") // some still use it
            ByteBuf of(ByteBuf bytes) {
                return bytes.order(ByteOrder.LITTLE_ENDIAN);
            }
        };

        abstract ByteBuf of(ByteBuf bytes);
    }

    /** Passes on what it has made of it. */
    private static final class Forming extends Passing {
        private final Form form;

        Forming(Form form) {
            this.form = form;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            super.channelRead(ctx, form.of((ByteBuf) message));
        }
    }

    /** Netty would look while it writes, and end the stream as if it were whole. */
    @ParameterizedTest
    @EnumSource
    void shouldResetTheSinkOfWhatCouldNotBeRead(Form form) throws Exception {
        FailingAllocator allocator = new FailingAllocator();
        try (Rig rig = rig(Mode.SPLICE, () -> new Forming(form), allocator)) {
            Link link = rig.link(ROUTE);
            rig.async(() -> link.source().receiveToEnd(link.backward(), 0));
            TestRelay.Pair pair = rig.relay().lastPair();
            Passing.join(pair.front(), pair.back());
            allocator.refuse(new LinkageError("asked for by the test"));
            link.source().send(link.forward(), 0, 100, 100);
            Link.expect(new Received(0, End.RESET), link.sink().receiveToEnd(link.forward(), 0));
            pair.front().closeFuture().sync();
        }
    }

    /** Keeps what it passes on: so the sink has to copy. */
    private static final class Hoarding extends Passing {
        private final Queue<ByteBuf> kept = new ConcurrentLinkedQueue<>();

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            kept.add(((ByteBuf) message).retain());
            kept.add(((ByteBuf) message).retain());
            super.channelRead(ctx, message);
        }
    }

    /** For which Netty would end the output. */
    @Test
    void shouldResetASinkThatIsNotToCloseByItself() throws Exception {
        FailingAllocator allocator = new FailingAllocator();
        try (Rig rig = rig(Mode.SPLICE, Hoarding::new, allocator)) {
            Link link = rig.link(ROUTE);
            rig.async(() -> link.source().receiveToEnd(link.backward(), 0));
            TestRelay.Pair pair = rig.relay().lastPair();
            Hoarding source = pair.front().pipeline().get(Hoarding.class);
            pair.back().config().setAutoClose(false);
            Passing.join(pair.front(), pair.back());
            allocator.refuse(new LinkageError("asked for by the test"));
            link.source().send(link.forward(), 0, 100, 100);
            Link.expect(new Received(0, End.RESET), link.sink().receiveToEnd(link.forward(), 0));
            source.kept.forEach(ByteBuf::release);
            pair.front().closeFuture().sync();
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
        try (Rig rig = rig(mode, Keeping::new, allocator).configure(c -> c.differentLoops())) {
            Link link = rig.link(ROUTE);
            Channel source = rig.relay().lastPair().front();
            Keeping keeping = source.pipeline().get(Keeping.class);
            rig.async(() -> link.source().send(link.forward(), 0, 8 * MIB, 64 * KIB));
            Await.until("it has one in a pipe", () -> keeping.kept.stream().anyMatch(OddAllocatorsTest::isInAPipe));
            source.config().setAutoRead(false); // a read there would get the failure meant for a look
            source.deregister().sync();
            rig.relay().lastPair().back().eventLoop().register(source).sync();
            ByteBuf inAPipe = keeping.kept.stream()
                    .filter(OddAllocatorsTest::isInAPipe)
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
