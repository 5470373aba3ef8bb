// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalChannel;
import io.netty.channel.local.LocalIoHandler;
import io.netty.channel.local.LocalServerChannel;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.LoopGroups;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.TestRelay;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Channels are joined: which ones, when, how often, and what has happened to them before. */
@ExtendWith(Baseline.class)
@Timeout(120)
class RelayJoinTest {
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    private final Rig rig = new Rig(Mode.AUTO);
    private TestRelay.Pair last;

    @AfterEach
    void closeRig() throws IOException {
        rig.close();
    }

    /** A connection whose two channels the test itself joins. */
    private record Unjoined(Link link, Channel front, Channel back) {
        void join() {
            RelayHandler.join(front, back);
        }
    }

    private Unjoined unjoined() throws IOException {
        rig.configure(c -> c.relay(RelayHandler::new, (front, back) -> {}));
        Link link = rig.link(Route.TCP_TCP_UP);
        TestRelay.Pair before = last;
        last = Await.until("its pair is there", () -> rig.relay().lastPair(), pair -> !pair.equals(before));
        return new Unjoined(link, last.front(), last.back());
    }

    @Test
    void shouldRefuseAChannelAndItself() throws Exception {
        Unjoined pair = unjoined();
        Channel front = pair.front;
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> RelayHandler.join(front, front));
        assertTrue(e.getMessage().contains("itself"), e::getMessage);
        NullPointerException none = assertThrows(NullPointerException.class, () -> RelayHandler.join(front, null));
        assertEquals("b", none.getMessage());
        pair.join();
        pair.link.carryToEnd(KIB, KIB);
        pair.link.finish();
    }

    /** On whatever thread it is told: the caller's. And no byte of the third goes astray. */
    @Test
    void shouldRefuseWhoIsJoinedAlreadyAndLeaveTheOtherFree() throws Exception {
        Unjoined joined = unjoined();
        joined.join();
        Unjoined other = unjoined();
        other.link.source().send(other.link.forward(), 0, 100 * KIB, KIB);
        for (Channel taken : new Channel[] {joined.front, joined.back}) {
            assertThrows(IllegalStateException.class, () -> RelayHandler.join(taken, other.front));
            assertThrows(IllegalStateException.class, () -> RelayHandler.join(other.front, taken));
        }
        joined.link.carry(0, MIB, 64 * KIB);
        joined.link.carryBack(0, MIB, 64 * KIB);
        other.join();
        other.link.sink().receive(other.link.forward(), 0, 100 * KIB);
        joined.link.carryToEnd(MIB, 2 * MIB, 64 * KIB);
        joined.link.finish(MIB);
    }

    @Test
    void shouldJoinOnceHoweverManyTryAtTheSameTime() throws Exception {
        for (int i = 0; i < 20; i++) {
            Unjoined pair = unjoined();
            CountDownLatch start = new CountDownLatch(2);
            Future<Boolean> one = rig.asyncResult(() -> joins(start, pair.front, pair.back));
            Future<Boolean> two = rig.asyncResult(() -> joins(start, pair.back, pair.front));
            assertNotEquals(Rig.await(one), Rig.await(two));
            pair.link.carryToEnd(KIB, KIB);
            pair.link.finish();
        }
    }

    private static boolean joins(CountDownLatch start, Channel a, Channel b) throws InterruptedException {
        start.countDown();
        start.await();
        try {
            RelayHandler.join(a, b);
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    @Test
    void shouldNameTheTimeoutThatIsNegative() {
        Duration negative = Duration.ofMillis(-1);
        Exception e = assertThrows(IllegalArgumentException.class, () -> new RelayHandler(negative, Duration.ZERO));
        assertTrue(e.getMessage().startsWith("idleTimeout"), e::getMessage);
        e = assertThrows(IllegalArgumentException.class, () -> new RelayHandler(Duration.ZERO, negative));
        assertTrue(e.getMessage().startsWith("halfClosedTimeout"), e::getMessage);
        e = assertThrows(NullPointerException.class, () -> new RelayHandler(null, negative));
        assertEquals("idleTimeout", e.getMessage());
    }

    /** Somebody reads before there is a peer, and the end is there too. */
    @Test
    void shouldKeepWhatComesBeforeItIsJoined() throws Exception {
        rig.configure(c -> c.pipeline((side, pipeline) -> pipeline.addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelReadComplete(ChannelHandlerContext ctx) {
                ctx.read();
                ctx.fireChannelReadComplete();
            }
        })));
        Unjoined pair = unjoined();
        pair.link.source().send(pair.link.forward(), 0, 300 * KIB, KIB);
        pair.link.source().halfClose();
        pair.front.read();
        rig.relay().awaitRest();
        pair.join();
        pair.link.expectEndOfForward(0, 300 * KIB);
        pair.link.carryBack(0, MIB, 64 * KIB);
        pair.link.finish(MIB);
    }

    /** Nothing of either is left in the air. */
    @Test
    void shouldResetBothIfOneIsNotConnectedYet() throws Exception {
        Unjoined pair = unjoined();
        Channel unconnected = new Bootstrap()
                .group(rig.relay().group())
                .channel(EpollSocketChannel.class)
                .handler(new RelayHandler())
                .register()
                .syncUninterruptibly()
                .channel();
        RelayHandler.join(unconnected, pair.back);
        Link.expect(new Received(0, End.RESET), pair.link.sink().receiveToEnd(pair.link.forward(), 0));
        unconnected.closeFuture().syncUninterruptibly();
        pair.front.close().syncUninterruptibly();
    }

    /** Its end is told in the only way it has, and that is the end of the other direction too. */
    @Test
    void shouldCloseAChannelThatKnowsNoHalfClose() throws Exception {
        MultiThreadIoEventLoopGroup locals = new MultiThreadIoEventLoopGroup(1, LocalIoHandler.newFactory());
        try {
            AtomicLong bytes = new AtomicLong();
            Channel listener = new ServerBootstrap()
                    .group(locals)
                    .channel(LocalServerChannel.class)
                    .childHandler(new SimpleChannelInboundHandler<ByteBuf>() {
                        @Override
                        protected void channelRead0(ChannelHandlerContext ctx, ByteBuf message) {
                            bytes.addAndGet(message.readableBytes());
                        }
                    })
                    .bind(LocalAddress.ANY)
                    .syncUninterruptibly()
                    .channel();
            Channel local = new Bootstrap()
                    .group(locals)
                    .channel(LocalChannel.class)
                    .handler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            channel.pipeline().addLast(new RelayHandler());
                        }
                    })
                    .connect(listener.localAddress())
                    .syncUninterruptibly()
                    .channel();
            Unjoined pair = unjoined();
            RelayHandler.join(pair.front, local);
            pair.link.source().send(pair.link.forward(), 0, MIB, 64 * KIB);
            pair.link.source().halfClose();
            local.closeFuture().syncUninterruptibly();
            Await.until("all is there", () -> bytes.get() == MIB);
            Link.expect(new Received(0, End.RESET), pair.link.source().receiveToEnd(pair.link.backward(), 0));
            pair.back.close().syncUninterruptibly();
            listener.close().syncUninterruptibly();
        } finally {
            LoopGroups.end(locals);
        }
    }

    @Test
    void shouldHaveChangedNothingWhereTheOtherChannelHasBeenJoinedBefore() {
        EmbeddedChannel a = new EmbeddedChannel(new RelayHandler());
        EmbeddedChannel b = new EmbeddedChannel(new RelayHandler());
        EmbeddedChannel fresh = new EmbeddedChannel();
        RelayHandler.join(a, b);
        assertThrows(IllegalStateException.class, () -> RelayHandler.join(fresh, b));
        assertNull(fresh.pipeline().get(RelayHandler.class));
        assertTrue(fresh.config().isAutoRead());
    }

    @Test
    void shouldHaveChangedNothingWhereTheOtherChannelIsNotRegistered() {
        EmbeddedChannel a = new EmbeddedChannel();
        assertThrows(IllegalStateException.class, () -> RelayHandler.join(a, new LocalChannel()));
        assertNull(a.pipeline().get(RelayHandler.class));
        assertTrue(a.config().isAutoRead());
    }

    /** Without a splice handler, which would keep the registration that Netty loses then. */
    @Test
    void shouldRelayWhatCameBeforeItsPeerEnded() throws Exception {
        for (int round = 0; round < 20; round++) {
            try (Rig stock = new Rig(Mode.PLAIN)
                    .configure(c -> c.differentLoops().relay(RelayHandler::new, (front, back) -> {}))) {
                Link link = stock.link(Route.TCP_TCP_UP);
                TestRelay.Pair pair = stock.relay().lastPair();
                link.source().send(link.forward(), 0, 500, 500);
                RelayHandler.join(pair.front(), pair.back());
                link.source().send(link.forward(), 500, 700, 200);
                link.source().halfClose();
                link.sink().halfClose();
                link.expectEndOfForward(0, 700);
                Link.expect(new Received(0, End.EOF), link.source().receiveToEnd(link.backward(), 0));
            }
        }
    }

    @Test
    void shouldRelayOnWhenItsChannelsMoveToAnotherLoop() throws Exception {
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        try {
            Unjoined joined = unjoined();
            joined.join();
            joined.link().carry(0, MIB, 64 * KIB);
            for (Channel channel : List.of(joined.back(), joined.front())) {
                channel.deregister().sync();
                group.register(channel).sync();
            }
            joined.link().carry(MIB, 2 * MIB, 64 * KIB);
            joined.link().carryBack(0, MIB, 64 * KIB);
            joined.link().finish(MIB);
        } finally {
            LoopGroups.end(group);
        }
    }

    @Test
    void shouldResetTheOtherWhereTheLoopOfOneHasEnded() throws Exception {
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        EpollSocketChannel bare = new EpollSocketChannel();
        EpollSocketChannel gone = new EpollSocketChannel();
        List.of(bare, gone).forEach(channel -> group.register(channel).syncUninterruptibly());
        gone.pipeline().addLast(new RelayHandler());
        LoopGroups.end(group);
        Unjoined unjoined = unjoined();
        RelayHandler.join(bare, unjoined.front());
        RelayHandler.join(unjoined.back(), gone);
        Link link = unjoined.link();
        Link.expect(new Received(0, End.RESET), link.source().receiveToEnd(link.backward(), 0));
        Link.expect(new Received(0, End.RESET), link.sink().receiveToEnd(link.forward(), 0));
    }
}
