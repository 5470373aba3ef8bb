// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Behind the decoder of a client: passes its requests on, made fit for that, or has them refused. */
final class HttpRequests extends ChannelDuplexHandler {
    private final HttpExchanges exchanges;
    private final HttpForwarding forwarding;
    private final Duration headTimeout;
    private final Runnable connect;
    private final HttpCodec.RequestDecoder decoder = new HttpCodec.RequestDecoder(this::isInside);
    /** {@code null} unless a head has begun to come, and not ended, and more is being read. */
    private Future<?> headTimer;

    private boolean isReading;

    private boolean hasAsked;
    /** Between a head and the end of its message. */
    private boolean isInside;

    private HttpMethod method = HttpMethod.GET;
    private HttpHop hop;

    /**
     * @param headTimeout how long a head may take from its first byte on, while it is read; zero for ever
     * @param connect run once the first head is passed on
     */
    HttpRequests(HttpExchanges exchanges, HttpForwarding forwarding, Duration headTimeout, Runnable connect) {
        this.exchanges = exchanges;
        this.forwarding = forwarding;
        this.headTimeout = headTimeout;
        this.connect = connect;
    }

    HttpCodec.RequestDecoder decoder() {
        return decoder;
    }

    boolean isInside() {
        return isInside;
    }

    /** Of the last request, be it good or not. */
    HttpMethod method() {
        return method;
    }

    private boolean isSilent() {
        return !hasAsked && !exchanges.isOver();
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        ctx.fireChannelActive();
        read(ctx); // the relay reads nothing before it is joined
    }

    @Override
    public void read(ChannelHandlerContext ctx) {
        isReading = true;
        watchHead(ctx);
        ctx.read();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        isReading = false;
        ctx.fireChannelReadComplete(); // whoever wants more asks here
        if (isSilent()) {
            read(ctx);
        }
        if (!isReading) {
            stopWatch(); // what comes is not read, and it is not the client who is slow
        }
    }

    /** A head that comes in drops would hold a connection for as long as its client likes. */
    private void watchHead(ChannelHandlerContext ctx) {
        boolean isComing = decoder.hasPartOfHead() && !isInside && !exchanges.isOver();
        if (!isComing) {
            stopWatch();
        } else if (headTimer == null && !headTimeout.isZero()) {
            headTimer = ctx.executor().schedule(this::headIsLate, headTimeout.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void headIsLate() {
        if (!exchanges.isOver()) {
            method = HttpMethod.GET; // as far as is known: the last request's is not this one's
            exchanges.refuse(HttpResponseStatus.REQUEST_TIMEOUT, Refusal.TIMEOUT);
        }
    }

    private void stopWatch() {
        if (headTimer != null) {
            headTimer.cancel(false);
            headTimer = null;
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        stopWatch();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ChannelInputShutdownReadComplete.INSTANCE && isSilent()) {
            ctx.close();
            return;
        }
        if (event == DrainEvent.INSTANCE) {
            exchanges.drain();
        }
        ctx.fireUserEventTriggered(event);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HttpRequest) {
            stopWatch(); // the next one has its own time
        }
        if (!exchanges.listensTo((HttpObject) message)) {
            ReferenceCountUtil.release(message);
            return;
        }
        HttpResponseStatus refusal = refusal(ctx, (HttpObject) message);
        if (refusal != null) {
            ReferenceCountUtil.release(message);
            exchanges.refuse(refusal, HttpRules.reason(refusal, (HttpObject) message));
            return;
        }
        isInside = !(message instanceof LastHttpContent);
        ctx.fireChannelRead(message);
        if (!hasAsked) {
            hasAsked = true;
            connect.run();
        }
        if (!isInside) {
            exchanges.requestEnded();
        }
    }

    /** {@code null} if it is good, and ready to be passed on. */
    private HttpResponseStatus refusal(ChannelHandlerContext ctx, HttpObject message) {
        if (message instanceof HttpRequest request) {
            return head(ctx, request);
        }
        if (message.decoderResult().isFailure()) {
            return HttpRules.undecodable(message);
        }
        if (message instanceof LastHttpContent last) {
            hop.cleanTrailers(last.trailingHeaders());
            HttpForwarding.clean(last.trailingHeaders());
        }
        return null;
    }

    private HttpResponseStatus head(ChannelHandlerContext ctx, HttpRequest request) {
        method = request.method();
        HttpResponseStatus status = HttpRules.refusal(request);
        if (status != null) {
            return status;
        }
        if (method.equals(HttpMethod.CONNECT)) {
            return HttpResponseStatus.METHOD_NOT_ALLOWED;
        }
        if (!HttpRules.mayGoOn(request)) {
            return HttpResponseStatus.NOT_IMPLEMENTED; // by us, whom it is for
        }
        exchanges.asked(request);
        HttpRules.makeOriginForm(request);
        hop = HttpHop.pass(request);
        forwarding.tell(request, ctx.channel().remoteAddress());
        return null;
    }
}
