// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoEventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.EventExecutor;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Carriage;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.Side;
import io.transportsplice.testing.TestRelay;
import java.io.IOException;
import java.util.Random;
import java.util.concurrent.BlockingDeque;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingDeque;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The kernel refuses: what can survive does, by the copy path where it must, and each refusal has its counter. */
@Timeout(120)
@ExtendWith(Baseline.class)
class FaultInjectionTest {
    private static final int MIB = 1024 * 1024;
    private static final int CHUNK = 64 * 1024;

    private final long seed = new Random().nextLong();
    private final FaultyKernel kernel = new FaultyKernel(seed);
    private final Rig rig = new Rig(Mode.SPLICE);
    private final Carriage carriage = new Carriage();

    private Link link(Route route) throws IOException {
        return link(rig, route);
    }

    private Link link(Rig rig, Route route) throws IOException {
        System.err.println("fault injection with seed " + seed);
        for (EventExecutor loop : rig.relay(route).group()) {
            SplicingEventLoop.of((IoEventLoop) loop, new LibC(kernel));
        }
        return rig.link(route);
    }

    private static long fallbacks(SpliceFallback reason) {
        return SpliceMetrics.snapshot().fallbacks(reason);
    }

    @AfterEach
    void closeRig() throws IOException {
        kernel.share(0);
        rig.close();
    }

    private void carryBothWays(Link link, int bytes) throws Exception {
        Future<?> back = rig.async(() -> link.carryBack(0, bytes, CHUNK));
        link.carryToEnd(bytes, CHUNK);
        Rig.await(back);
        link.finish(bytes);
    }

    @ParameterizedTest
    @EnumSource
    void shouldSurviveSignalsAndFalseAlarmsAndShortCounts(Route route) throws Exception {
        kernel.failingSplice(LibC.EINTR, LibC.EAGAIN, FaultyKernel.SHORT).share(0.3);
        carryBothWays(link(route), 16 * MIB);
        assertTrue(kernel.injected("fill") > 0);
        assertTrue(kernel.injected("drain") > 0);
        carriage.awaitAtLeast(32L * MIB / 10 * 9);
    }

    /** Such as of a class that cannot be loaded: the event loop must not end. */
    @Test
    void shouldEndNoMoreThanTheStreamWhereSomethingIsThrown() throws Exception {
        try (Rig auto = new Rig(Mode.AUTO)) {
            Link link = link(auto, Route.TCP_TCP_UP);
            kernel.failing("ioctl", FaultyKernel.THROWN).share(1);
            Future<?> sending = auto.async(() -> link.source().send(link.forward(), 0, 16 * MIB, CHUNK));
            assertEquals(End.RESET, link.sink().receiveToEnd(link.forward(), 0).end());
            Rig.awaitFailure(sending);
            kernel.share(0);
            auto.link(Route.TCP_TCP_UP).carryToEnd(MIB, CHUNK);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldSurviveRefusalsToSpliceEitherWay(Route route) throws Exception {
        long fills = fallbacks(SpliceFallback.FILL_UNSUPPORTED) + fallbacks(SpliceFallback.FILL_OUT_OF_MEMORY);
        long drains = fallbacks(SpliceFallback.DRAIN_UNSUPPORTED);
        kernel.failingSplice(LibC.EINVAL, LibC.ENOMEM, LibC.EOPNOTSUPP).share(0.2);
        carryBothWays(link(route), 32 * MIB);
        long refused = fallbacks(SpliceFallback.FILL_UNSUPPORTED)
                + fallbacks(SpliceFallback.FILL_OUT_OF_MEMORY)
                - fills
                + fallbacks(SpliceFallback.DRAIN_UNSUPPORTED)
                - drains;
        assertEquals(kernel.injected("fill") + kernel.injected("drain"), refused, "each refusal is counted");
        assertTrue(refused > 0);
    }

    @ParameterizedTest
    @EnumSource
    void shouldGoOnSplicingIntoASinkThatOnlyLackedMemory(Route route) throws Exception {
        kernel.failingSplice(LibC.ENOMEM).share(0.02);
        carryBothWays(link(route), 32 * MIB);
        carriage.awaitAtLeast(8 * MIB);
    }

    @ParameterizedTest
    @EnumSource
    void shouldCopyWhileThereAreNoPipesAndSpliceAgainWhenThereAre(Route route) throws Exception {
        long refused = fallbacks(SpliceFallback.NO_PIPE);
        kernel.failing("pipe2", LibC.EMFILE, LibC.ENFILE, LibC.ENOMEM).share(1);
        Link link = link(route);
        link.carry(0, 4 * MIB, CHUNK);
        assertEquals(0, carriage.spliced());
        assertTrue(fallbacks(SpliceFallback.NO_PIPE) > refused);
        kernel.share(0);
        link.carryToEnd(4 * MIB, 64 * MIB, CHUNK);
        link.finish();
        carriage.awaitAtLeast(16 * MIB);
    }

    @ParameterizedTest
    @EnumSource
    void shouldTakeSmallerPipesWhereItMayNotEnlargeThem(Route route) throws Exception {
        kernel.failing("setPipeCapacity", LibC.EPERM, LibC.EBUSY, LibC.ENOMEM).share(1);
        carryBothWays(link(route), 16 * MIB);
        assertTrue(kernel.injected("setPipeCapacity") > 0);
        carriage.awaitAtLeast(16 * MIB);
    }

    @ParameterizedTest
    @EnumSource(names = {"TCP_TCP_UP", "TCP_TCP_DOWN"})
    void shouldPassOnAnErrorOfTheSourceAsAResetNeverAsAnEnd(Route route) throws Exception {
        Link link = link(route);
        link.carry(0, MIB, CHUNK);
        kernel.failing("fill", LibC.ECONNRESET).share(1);
        link.source().send(link.forward(), MIB, MIB + 1000, 1000);
        Received received = link.sink().receiveToEnd(link.forward(), MIB);
        assertEquals(End.RESET, received.end());
        assertEquals(End.RESET, link.source().receiveToEnd(link.backward(), 0).end());
    }

    /** The last handler: what a channel is told of, but for its messages, which nobody wants. */
    private final class Order extends ChannelInboundHandlerAdapter {
        private final BlockingDeque<String> told = new LinkedBlockingDeque<>();

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ReferenceCountUtil.release(message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            told.add("complete");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            kernel.share(0); // a socket tells of its reset once
            told.add("exception");
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof ChannelInputShutdownEvent) {
                told.add("end");
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            told.add("inactive");
        }
    }

    /** So does Netty: what was being read is over, and a channel that half-closes goes on to the end behind the error. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldCompleteTheReadThatFailedBeforeItTells(boolean halfCloses) throws Exception {
        Order order = new Order();
        rig.configure(c -> c.relay(ChannelInboundHandlerAdapter::new, (front, back) -> {})
                .pipeline((side, pipeline) -> {
                    if (side == Side.FRONT) {
                        pipeline.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, halfCloses);
                        pipeline.addLast(order);
                    }
                }));
        Link link = link(Route.TCP_TCP_UP);
        TestRelay.Pair pair = rig.relay().lastPair();
        kernel.failing("fill", LibC.ECONNRESET).share(1);
        link.source().send(link.forward(), 0, 1000, 1000);
        link.source().halfClose(); // a socket that has been reset has an end behind the error, too
        assertEquals("complete", order.told.take());
        assertEquals("exception", order.told.take());
        String next = order.told.take();
        while (next.equals("complete")) { // Netty reads what the fault left in the socket, and then the end
            next = order.told.take();
        }
        assertEquals(halfCloses ? "end" : "inactive", next);
        assertEquals(halfCloses, pair.front().isOpen());
        SpliceToTest.closeBoth(pair);
    }

    /** Netty, which reads behind it, finds nothing but the end. */
    @Test
    void shouldFailATransferWhoseSourceFails() throws Exception {
        try (Rig unjoined = SpliceToTest.newRig()) {
            Link link = link(unjoined, Route.TCP_TCP_UP);
            TestRelay.Pair pair = unjoined.relay().lastPair();
            io.netty.util.concurrent.Future<Long> moved = EpollSplice.spliceTo(pair.front(), pair.back());
            link.carry(0, MIB, CHUNK);
            kernel.failing("fill", LibC.ECONNRESET).share(1);
            link.source().send(link.forward(), MIB, MIB + 1000, 1000);
            assertInstanceOf(IOException.class, moved.await().cause());
            SpliceToTest.closeBoth(pair);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"TCP_TCP_UP", "TCP_TCP_DOWN"})
    void shouldTellBothEndsWhenBytesInThePipeCannotBeDelivered(Route route) throws Exception {
        Link link = link(route);
        link.carry(0, MIB, CHUNK);
        long dirty = SpliceMetrics.snapshot().pipesClosedDirty();
        kernel.failing("drain", LibC.EPIPE).share(1);
        link.source().send(link.forward(), MIB, MIB + 1000, 1000);
        assertEquals(new Received(MIB, End.RESET), link.sink().receiveToEnd(link.forward(), MIB));
        assertEquals(End.RESET, link.source().receiveToEnd(link.backward(), 0).end());
        assertEquals(dirty + 1, SpliceMetrics.snapshot().pipesClosedDirty());
    }
}
