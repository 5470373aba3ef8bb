// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.transportsplice.examples.HttpExchanges.Asked;

/** Behind the decoder of an upstream: passes its responses on, made fit for that, and notices those that fail. */
final class HttpResponses extends ChannelInboundHandlerAdapter {
    private final HttpExchanges exchanges;
    /** Between the head of a final response and its end. */
    private boolean isInside;
    /** The connection ends with this response, or the last. */
    private boolean isLast;

    /** The connection's end is the last response's, too. */
    private boolean endWithConnection;

    private HttpResponse head;
    private HttpHop hop;

    HttpResponses(HttpExchanges exchanges) {
        this.exchanges = exchanges;
    }

    boolean isInside() {
        return isInside;
    }

    boolean isLast() {
        return isLast;
    }

    /** Whether the last has no other end than its connection's. */
    boolean endWithConnection() {
        return endWithConnection;
    }

    /** Whether nothing may follow. */
    boolean areComplete() {
        return isLast && !isInside;
    }

    static boolean isInterim(HttpResponse response) {
        return response.status().codeClass() == HttpStatusClass.INFORMATIONAL && !isSwitch(response);
    }

    static boolean isSwitch(HttpResponse response) {
        return response.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (exchanges.isOver()) {
            ReferenceCountUtil.release(message);
        } else if (((HttpObject) message).decoderResult().isFailure()) {
            ReferenceCountUtil.release(message);
            exchanges.fail("the upstream's answer is no HTTP/1.1");
        } else if (message instanceof HttpResponse response) {
            begin(ctx, response);
        } else {
            content(ctx, (HttpContent) message);
        }
    }

    private void begin(ChannelHandlerContext ctx, HttpResponse response) {
        Asked asked = exchanges.next();
        if (asked == null || isLast) { // nobody has asked: RFC 9112, section 9.2
            exchanges.endSilently();
        } else if (!HttpRules.isAnswer(response) || (isSwitch(response) && !exchanges.maySwitch())) {
            exchanges.fail("the upstream's answer is no HTTP/1.1, or no answer");
        } else {
            head = response;
            isInside = !isInterim(response);
            isLast = isInside && !isSwitch(response) && isLast(asked, response);
            if (isLast) {
                response.headers().add(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
            }
            hop = HttpHop.pass(response);
            ctx.fireChannelRead(response);
        }
    }

    private boolean isLast(Asked asked, HttpResponse response) {
        boolean isDelimited = asked.method().equals(HttpMethod.HEAD)
                || HttpUtil.isContentLengthSet(response)
                || HttpUtil.isTransferEncodingChunked(response)
                || response.status().equals(HttpResponseStatus.NO_CONTENT)
                || response.status().equals(HttpResponseStatus.NOT_MODIFIED);
        endWithConnection = !isDelimited;
        return !isDelimited || !HttpUtil.isKeepAlive(response) || exchanges.isNextTheLast();
    }

    private void content(ChannelHandlerContext ctx, HttpContent content) {
        if (!(content instanceof LastHttpContent last)) {
            ctx.fireChannelRead(content);
            return;
        }
        hop.cleanTrailers(last.trailingHeaders());
        ctx.fireChannelRead(last);
        if (isInside) {
            isInside = false;
            exchanges.answered(isSwitch(head));
        }
    }

    /** Whether the upstream cannot end without harm: in an answer, or before one that the client waits for. */
    private boolean isOwing() {
        return !exchanges.isOver() && exchanges.isWaiting() && (isInside || !isLast);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ChannelInputShutdownReadComplete.INSTANCE && isOwing()) {
            exchanges.fail("the upstream has closed the connection");
        } else if (!exchanges.isOver()) {
            ctx.fireUserEventTriggered(event);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        failBefore("the upstream has broken the connection");
        if (!exchanges.isOver()) {
            ctx.fireExceptionCaught(cause);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        failBefore("the connection to the upstream is closed");
        if (!exchanges.isOver()) {
            ctx.fireChannelInactive(); // it would reset the client
        }
    }

    /** Within an answer it is the relay that resets the client. */
    private void failBefore(String why) {
        if (areComplete() && !endWithConnection) {
            exchanges.endSilently();
        } else if (isOwing() && !isInside) {
            exchanges.fail(why);
        }
    }
}
