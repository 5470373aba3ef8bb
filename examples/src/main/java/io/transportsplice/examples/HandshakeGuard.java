// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.util.concurrent.Future;
import io.transportsplice.relay.RelayHandler;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

/**
 * Watches over a client while it says where it wants to go. One that takes too long, ends early or talks nonsense is
 * reset. It reads what the handlers before it need; whoever has heard enough says {@link #done}.
 */
final class HandshakeGuard extends ChannelInboundHandlerAdapter {
    private final Duration timeout;
    private final ProxyCounters counters;
    private Future<?> timer;
    private boolean refused;

    private HandshakeGuard(Duration timeout, ProxyCounters counters) {
        this.timeout = timeout;
        this.counters = counters;
    }

    /** Lets handlers listen to a client that is prepared to be relayed, before its bytes reach the relay. */
    static void begin(Channel client, ProxyServer server, ChannelHandler... handlers) {
        PipelineRelay.insert(client, handlers);
        PipelineRelay.insert(client, new HandshakeGuard(server.config().handshakeTimeout(), server.counters()));
    }

    /** The handshake is complete: from here on the client is not reset for it. */
    static void done(ChannelPipeline pipeline) {
        pipeline.remove(HandshakeGuard.class);
    }

    /** Turns the client away. */
    static void refuse(Channel client, Refusal reason) {
        HandshakeGuard guard = client.pipeline().get(HandshakeGuard.class);
        if (guard != null) {
            guard.turnAway(client, reason);
        }
    }

    /** The client is being told why it is turned away: it is left to whoever tells it. */
    static void toldOff(Channel client, Refusal reason) {
        HandshakeGuard guard = client.pipeline().get(HandshakeGuard.class);
        if (guard != null && !guard.refused) {
            guard.refused = true;
            guard.counters.refused(client, reason);
        }
    }

    /** Stays in the pipeline: the decoders may still complain of what they have. */
    private void turnAway(Channel client, Refusal reason) {
        if (!refused) {
            refused = true;
            counters.refused(client, reason);
            RelayHandler.reset(client);
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        if (!timeout.isZero()) {
            timer = ctx.executor()
                    .schedule(
                            () -> turnAway(ctx.channel(), Refusal.TIMEOUT), timeout.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (timer != null) {
            timer.cancel(false);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        ctx.fireChannelActive();
        ctx.read(); // the relay reads nothing before it is joined
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        ctx.fireUserEventTriggered(event);
        if (event == ChannelInputShutdownReadComplete.INSTANCE) {
            turnAway(ctx.channel(), Refusal.INCOMPLETE);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        turnAway(ctx.channel(), Refusal.INCOMPLETE);
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        boolean isBroken = cause instanceof IOException && !(cause instanceof SSLException);
        turnAway(ctx.channel(), isBroken ? Refusal.INCOMPLETE : Refusal.PROTOCOL);
    }
}
