// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.comparison;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** How streams end. */
final class EndCases {
    private static final int MIB = 1024 * 1024;
    private static final int TAIL = 2 * MIB;
    private static final int READ_SIZE = 8 * 1024;
    private static final long READ_PAUSE_NANOS = 200_000;
    private static final long QUIET_NANOS = 1_500_000_000L;

    private EndCases() {}

    static Finding tail(Rig rig) throws Exception {
        Link link = rig.link(Route.TCP_TCP_UP);
        Future<?> sending = rig.async(() -> {
            link.source().send(link.forward(), 0, TAIL, 64 * 1024);
            link.source().close();
        });
        Received received = link.sink().receiveToEnd(link.forward(), 0, READ_SIZE, READ_PAUSE_NANOS);
        Rig.await(sending);
        return Finding.of(
                received.equals(new Received(TAIL, End.EOF)), "%,d of %,d bytes arrive", received.bytes(), TAIL);
    }

    static Finding tailWithHalfClosure(Rig rig) throws Exception {
        rig.configure(c -> c.pipeline(
                (side, pipeline) -> pipeline.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true)));
        Link link = rig.link(Route.TCP_TCP_UP);
        Future<?> sending = rig.async(() -> {
            link.source().send(link.forward(), 0, TAIL, 64 * 1024);
            link.source().halfClose();
        });
        link.sink().receive(link.forward(), 0, TAIL, READ_SIZE, READ_PAUSE_NANOS);
        Rig.await(sending);
        Future<Received> end = rig.asyncResult(() -> link.sink().receiveToEnd(link.forward(), TAIL));
        boolean ended = isDoneWithin(QUIET_NANOS, end);
        int cpu = rig.relay().cpuPercent();
        return Finding.of(
                ended && cpu < 50,
                "all bytes arrive, the end is %s, then %d %% CPU",
                ended ? "passed on" : "not passed on",
                cpu);
    }

    private static boolean isDoneWithin(long nanos, Future<?> future) throws Exception {
        try {
            future.get(nanos, TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        }
    }

    static Finding sourceReset(Rig rig) throws Exception {
        ExceptionCounter counter = new ExceptionCounter();
        rig.configure(c -> c.pipeline((side, pipeline) -> pipeline.addLast(counter)));
        Link link = rig.link(Route.TCP_TCP_UP);
        link.carry(0, MIB, 64 * 1024);
        link.source().reset();
        Received received = link.sink().receiveToEnd(link.forward(), MIB);
        boolean told = counter.count.get() > 0;
        return Finding.of(
                told && received.end() == End.RESET,
                "%s, and the receiver sees %s",
                told ? "exceptionCaught says so" : "no exceptionCaught",
                received.end() == End.RESET ? "a reset" : "a clean end");
    }

    @ChannelHandler.Sharable
    private static final class ExceptionCounter extends ChannelInboundHandlerAdapter {
        private final AtomicInteger count = new AtomicInteger();

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            count.incrementAndGet();
            ctx.fireExceptionCaught(cause);
        }
    }
}
