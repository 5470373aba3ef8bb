// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Carriage;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.TestRelay;
import io.transportsplice.testing.TestRelayConfig;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What stock {@code spliceTo} should have been, on channels whose pipelines know nothing of splicing. */
@ExtendWith(Baseline.class)
@Timeout(60)
class SpliceToTest {
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    /** Counts what comes past a transfer. */
    static final class Rest extends ChannelInboundHandlerAdapter {
        final AtomicLong bytes = new AtomicLong();

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            ctx.channel().config().setAutoRead(false);
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            bytes.addAndGet(message instanceof ByteBuf buffer ? buffer.readableBytes() : 0);
            ReferenceCountUtil.release(message);
        }
    }

    /** A rig whose relay does nothing by itself. */
    static Rig newRig() {
        return new Rig(Mode.PLAIN).configure(c -> c.relay(Rest::new, (front, back) -> {}));
    }

    static long await(Future<Long> moved) throws Exception {
        return moved.get(20, TimeUnit.SECONDS);
    }

    static void closeBoth(TestRelay.Pair pair) {
        pair.front().close();
        pair.back().close();
    }

    @ParameterizedTest
    @EnumSource(Route.class)
    void shouldMoveAllUntilTheEndOfTheInput(Route route) throws Exception {
        Carriage carriage = new Carriage();
        try (Rig rig = newRig()) {
            Link link = rig.link(route);
            TestRelay.Pair pair = rig.relay().lastPair();
            Channel source = route.up() ? pair.front() : pair.back();
            Channel sink = route.up() ? pair.back() : pair.front();
            Future<Long> moved = EpollSplice.spliceTo(source, sink);
            moved.addListener(done -> ((DuplexChannel) sink).shutdownOutput());
            link.carryToEnd(16 * MIB, 64 * KIB);
            assertEquals(16 * MIB, await(moved));
            carriage.awaitAtLeast(15 * MIB);
            closeBoth(pair);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 4096, 65_536, 5 * MIB + 1})
    void shouldMoveExactlySoManyBytes(long bytes) throws Exception {
        try (Rig rig = newRig()) {
            Link link = rig.link(Route.TCP_TCP_UP);
            TestRelay.Pair pair = rig.relay().lastPair();
            Future<Long> first = EpollSplice.spliceTo(pair.front(), pair.back(), bytes);
            link.carry(0, bytes, 64 * KIB);
            assertEquals(bytes, await(first));
            Future<Long> second = EpollSplice.spliceTo(pair.front(), pair.back(), bytes);
            link.source().send(link.forward(), bytes, 2 * bytes + 100_000, 64 * KIB);
            link.sink().receive(link.forward(), bytes, 2 * bytes);
            assertEquals(bytes, await(second));
            pair.front().config().setAutoRead(true);
            Await.until(
                    "the rest is read by the handlers",
                    () -> pair.front().pipeline().get(Rest.class).bytes.get() == 100_000);
            closeBoth(pair);
        }
    }

    @Test
    void shouldMoveNothingWhenAskedForNothing() throws Exception {
        try (Rig rig = newRig()) {
            rig.link(Route.TCP_TCP_UP);
            TestRelay.Pair pair = rig.relay().lastPair();
            assertEquals(0, await(EpollSplice.spliceTo(pair.front(), pair.back(), 0)));
            assertThrows(IllegalArgumentException.class, () -> EpollSplice.spliceTo(pair.front(), pair.back(), -1));
            closeBoth(pair);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldMoveBothWaysAtOnce(boolean sameLoop) throws Exception {
        Carriage carriage = new Carriage();
        try (Rig rig = newRig()) {
            if (!sameLoop) {
                rig.configure(TestRelayConfig::differentLoops);
            }
            Link link = rig.link(Route.TCP_TCP_UP);
            TestRelay.Pair pair = rig.relay().lastPair();
            Future<Long> up = EpollSplice.spliceTo(pair.front(), pair.back(), 16 * MIB);
            Future<Long> down = EpollSplice.spliceTo(pair.back(), pair.front(), 16 * MIB);
            java.util.concurrent.Future<?> forward = rig.async(() -> link.carry(0, 16 * MIB, 64 * KIB));
            link.carryBack(0, 16 * MIB, 64 * KIB);
            Rig.await(forward);
            assertEquals(16 * MIB, await(up));
            assertEquals(16 * MIB, await(down));
            carriage.awaitAtLeast(30 * MIB);
            closeBoth(pair);
        }
    }

    @Test
    void shouldStayInStepWhenCancelled() throws Exception {
        Carriage carriage = new Carriage();
        try (Rig rig = newRig()) {
            Link link = rig.link(Route.TCP_TCP_UP);
            TestRelay.Pair pair = rig.relay().lastPair();
            Future<Long> first = EpollSplice.spliceTo(pair.front(), pair.back());
            java.util.concurrent.Future<?> sending =
                    rig.async(() -> link.source().send(link.forward(), 0, 32 * MIB, 64 * KIB));
            java.util.concurrent.Future<?> receiving =
                    rig.async(() -> link.sink().receive(link.forward(), 0, 32 * MIB));
            carriage.awaitAtLeast(8 * MIB);
            assertTrue(first.cancel(false));
            Await.until("it is as it was", () -> !pair.front().config().getOption(ChannelOption.ALLOW_HALF_CLOSURE));
            Future<Long> second = EpollSplice.spliceTo(pair.front(), pair.back());
            Rig.await(receiving);
            Rig.await(sending);
            second.cancel(false);
            closeBoth(pair);
        }
    }

    @Test
    void shouldFailWhenTheSinkIsClosed() throws Exception {
        try (Rig rig = newRig()) {
            Link link = rig.link(Route.TCP_TCP_UP);
            TestRelay.Pair pair = rig.relay().lastPair();
            Future<Long> moved = EpollSplice.spliceTo(pair.front(), pair.back());
            link.carry(0, MIB, 64 * KIB);
            pair.back().close();
            assertInstanceOf(ClosedChannelException.class, moved.await().cause());
            closeBoth(pair);
        }
    }

    @Test
    void shouldFailWhenTheSourceIsReset() throws Exception {
        try (Rig rig = newRig()) {
            Link link = rig.link(Route.TCP_TCP_UP);
            TestRelay.Pair pair = rig.relay().lastPair();
            Future<Long> moved = EpollSplice.spliceTo(pair.front(), pair.back());
            link.carry(0, MIB, 64 * KIB);
            link.source().reset();
            assertInstanceOf(IOException.class, moved.await().cause());
            closeBoth(pair);
        }
    }

    @Test
    void shouldRefuseASecondTransferFromTheSameSource() throws Exception {
        try (Rig rig = newRig()) {
            Link link = rig.link(Route.TCP_TCP_UP);
            TestRelay.Pair pair = rig.relay().lastPair();
            Future<Long> first = EpollSplice.spliceTo(pair.front(), pair.back(), MIB);
            Future<Long> second = EpollSplice.spliceTo(pair.front(), pair.back(), MIB);
            assertInstanceOf(IllegalStateException.class, second.await().cause());
            link.carry(0, MIB, 64 * KIB);
            assertEquals(MIB, await(first));
            closeBoth(pair);
        }
    }

    @Test
    void shouldCloseASourceThatDoesNotHalfCloseAtItsEnd() throws Exception {
        try (Rig rig = newRig()) {
            Link link = rig.link(Route.TCP_TCP_UP);
            TestRelay.Pair pair = rig.relay().lastPair();
            Future<Long> moved = EpollSplice.spliceTo(pair.front(), pair.back());
            link.source().send(link.forward(), 0, MIB, 64 * KIB);
            link.source().halfClose();
            assertEquals(MIB, await(moved));
            link.sink().receive(link.forward(), 0, MIB);
            Await.until("the source is closed", () -> !pair.front().isOpen());
            assertEquals(new Peer.Received(0, Peer.End.EOF), link.source().receiveToEnd(link.backward(), 0));
            closeBoth(pair);
        }
    }

    /** As what watches its sink's writability does. Netty takes back what was asked for when it is switched off. */
    @ParameterizedTest
    @CsvSource({"10000, true", "10000, false", "2000000, true", "2000000, false"})
    void shouldGoOnWhereSomebodySwitchesAutoRead(int bytes, boolean onLoop) throws Exception {
        try (Rig rig = newRig()) {
            Link link = rig.link(Route.TCP_TCP_UP);
            TestRelay.Pair pair = rig.relay().lastPair();
            EventExecutor executor = onLoop ? pair.front().eventLoop() : ImmediateEventExecutor.INSTANCE;
            Future<Long> moved = EpollSplice.spliceTo(pair.front(), pair.back(), 4L * bytes);
            link.carry(0, bytes, 64 * KIB);
            executor.submit(() -> pair.front().config().setAutoRead(true)).sync();
            link.carry(bytes, 2L * bytes, 64 * KIB);
            executor.submit(() -> pair.front().config().setAutoRead(false)).sync();
            link.carry(2L * bytes, 3L * bytes, 64 * KIB);
            executor.submit(() -> pair.front().config().setAutoRead(true).setAutoRead(false))
                    .sync();
            link.carry(3L * bytes, 4L * bytes, 64 * KIB);
            assertEquals(4L * bytes, await(moved));
            closeBoth(pair);
        }
    }
}
