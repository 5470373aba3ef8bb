// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.comparison;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.PatientClock;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.Side;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** What works around a relay in the pipeline. */
final class PipelineCases {
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;
    private static final long QUIET_NANOS = 1_000_000_000L;
    private static final long IDLE_MILLIS = 1000;

    private PipelineCases() {}

    static Finding manualRead(Rig rig) throws Exception {
        boolean stock = rig.mode() == Mode.STOCK;
        int bytes = 100_000;
        rig.configure(c -> c.relay(
                () -> new Forwarder() {
                    @Override
                    public void channelReadComplete(ChannelHandlerContext ctx) {
                        ctx.read();
                    }
                },
                (front, back) -> {
                    if (stock) {
                        Forwarder.spliceTo(front, back, Integer.MAX_VALUE);
                    } else {
                        front.pipeline().get(Forwarder.class).peer = back;
                    }
                    front.read();
                }));
        Link link = rig.link(Route.TCP_TCP_UP);
        rig.relay().lastPair();
        Future<?> sending = rig.async(() -> link.source().send(link.forward(), 0, bytes, bytes));
        long arrived = link.sink().receiveUntilQuiet(link.forward(), 0, QUIET_NANOS);
        Rig.await(sending);
        rig.relay().closeChannels();
        return Finding.of(arrived == bytes, "%,d of %,d bytes arrive", arrived, bytes);
    }

    static Finding idleHandler(Rig rig) throws Exception {
        AtomicInteger idle = new AtomicInteger();
        rig.configure(c -> c.pipeline((side, pipeline) -> {
            if (side == Side.FRONT) {
                pipeline.addLast(new IdleStateHandler(IDLE_MILLIS, 0, 0, TimeUnit.MILLISECONDS) {
                    @Override
                    protected void channelIdle(ChannelHandlerContext ctx, IdleStateEvent event) {
                        idle.incrementAndGet();
                    }
                });
            }
        }));
        Link link = rig.link(Route.TCP_TCP_UP);
        PatientClock clock = new PatientClock();
        for (long sent = 0; clock.elapsedNanos() < TimeUnit.MILLISECONDS.toNanos(IDLE_MILLIS * 5 / 2); sent += MIB) {
            link.carry(sent, sent + MIB, 64 * KIB);
        }
        return Finding.of(idle.get() == 0, "%s", idle.get() == 0 ? "it does not fire" : "it fires");
    }

    static Finding routing(Rig rig) throws Exception {
        boolean stock = rig.mode() == Mode.STOCK;
        int first = 1000;
        rig.configure(c -> c.relay(stock ? Router::new : Forwarder::new, (front, back) -> {
            if (stock) {
                front.pipeline().get(Router.class).target = back;
                front.config().setAutoRead(true);
            } else {
                Forwarder.join(front, back);
            }
        }));
        Link link = rig.link(Route.TCP_TCP_UP);
        rig.relay().lastPair();
        Future<?> sending = rig.async(() -> link.source().send(link.forward(), 0, first + MIB, 64 * KIB));
        long arrived = link.sink().receiveUntilQuiet(link.forward(), 0, QUIET_NANOS);
        if (arrived == first + MIB) {
            Rig.await(sending);
        }
        rig.relay().closeChannels();
        return Finding.of(arrived == first + MIB, "%,d of %,d bytes arrive", arrived, first + MIB);
    }

    /** Looks at the first message, then starts stock Netty's splice, as netty #13690 does. */
    private static final class Router extends ChannelInboundHandlerAdapter {
        private Channel target;

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            ctx.channel().config().setAutoRead(false);
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            target.writeAndFlush(msg);
            ctx.channel().config().setAutoRead(false);
            ctx.channel().eventLoop().execute(() -> Forwarder.spliceTo(ctx.channel(), target, Integer.MAX_VALUE));
        }
    }
}
