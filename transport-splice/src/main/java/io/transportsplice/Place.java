// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import java.util.Iterator;
import java.util.Map;

/** Where a handler stands in its pipeline. */
final class Place {

    /** A handler that stands in front of all for a moment, and is nobody's. */
    interface Passing {}

    private Place() {}

    /** Whether it is the first, but for one who is passing, or is just adding it. */
    static boolean isFirst(ChannelHandlerContext ctx) {
        ChannelHandler first = ctx.pipeline().first();
        if (!(first instanceof Passing || first instanceof ChannelInitializer)) {
            return first == ctx.handler();
        }
        Iterator<Map.Entry<String, ChannelHandler>> handlers = ctx.pipeline().iterator();
        handlers.next();
        return handlers.hasNext() && handlers.next().getValue() == ctx.handler();
    }

    /** Whether nobody else is there, but for those who are just adding it. */
    static boolean isAlone(ChannelHandlerContext ctx) {
        for (Map.Entry<String, ChannelHandler> entry : ctx.pipeline()) {
            if (entry.getValue() != ctx.handler() && !(entry.getValue() instanceof ChannelInitializer)) {
                return false;
            }
        }
        return true;
    }

    /** Whether an SslHandler comes behind it, so that the bytes here are ciphers. */
    static boolean isBeforeTls(ChannelHandlerContext ctx) {
        return lastTls(ctx.pipeline(), null) != tlsInFront(ctx);
    }

    /** Whose bytes it gets decoded; or null. */
    static SslHandler tlsInFront(ChannelHandlerContext ctx) {
        return lastTls(ctx.pipeline(), ctx.handler());
    }

    /** Whether the peer's {@code close_notify} has come. With OpenSSL Netty also tells so of what comes behind our own. */
    static boolean hasEnded(SslHandler tls) {
        return tls.sslCloseFuture().isSuccess() && tls.engine().isInboundDone();
    }

    private static SslHandler lastTls(ChannelPipeline pipeline, ChannelHandler before) {
        SslHandler last = null;
        for (Map.Entry<String, ChannelHandler> entry : pipeline) {
            if (entry.getValue() == before) {
                break;
            }
            last = entry.getValue() instanceof SslHandler tls ? tls : last;
        }
        return last;
    }

    static boolean isInputShutdown(Channel channel) {
        return channel instanceof DuplexChannel duplex && duplex.isInputShutdown();
    }

    /** Tells those who listen, and nobody else: others may not know what they were told. */
    static void tellOfShutdown(ChannelPipeline pipeline) {
        for (ChannelHandler handler : pipeline.toMap().values()) {
            ChannelHandlerContext ctx = pipeline.context(handler);
            if (handler instanceof EventLoopShutdownListener listener
                    && ctx != null
                    && ctx.executor().inEventLoop()) {
                try {
                    listener.eventLoopShutsDown(ctx);
                } catch (Throwable e) { // the channel is to be closed all the same
                    ctx.fireExceptionCaught(e);
                }
            }
        }
    }
}
