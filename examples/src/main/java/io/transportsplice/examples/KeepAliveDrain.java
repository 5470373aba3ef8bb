package io.transportsplice.examples;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;

/**
 * Closes a client that keeps its connection alive once the proxy drains: at once if all that it asked is answered, else
 * behind the last answer. Stands in the client's pipeline behind its HTTP codec.
 */
final class KeepAliveDrain extends ChannelDuplexHandler {
    private int unanswered;
    /** The answer that is being written is the last word to its request, and not a 1xx before that. */
    private boolean isFinal;

    private boolean draining;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HttpRequest) {
            unanswered++;
        }
        ctx.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof HttpResponse response) {
            if (response.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS)) {
                ctx.pipeline().remove(this); // what follows is not HTTP, and nobody knows when it is idle
                ctx.write(message, promise);
                return;
            }
            isFinal = response.status().codeClass() != HttpStatusClass.INFORMATIONAL;
            if (isFinal && draining && unanswered <= 1) {
                response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
            }
        }
        boolean isEnd = message instanceof LastHttpContent && isFinal;
        if (isEnd && --unanswered <= 0 && draining) {
            // a relay does not ask what becomes of its writes, but this does
            ctx.write(message, promise.unvoid().addListener(ChannelFutureListener.CLOSE));
        } else {
            ctx.write(message, promise);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == DrainEvent.INSTANCE) {
            draining = true;
            if (unanswered <= 0) {
                ctx.close();
            }
        }
        ctx.fireUserEventTriggered(event);
    }
}
