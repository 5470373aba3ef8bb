package io.transportsplice.examples;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;

/** What the proxies that speak HTTP answer themselves, to {@link LastWords}. */
final class HttpAnswers {
    private HttpAnswers() {}

    static FullHttpResponse of(HttpResponseStatus status, String why) {
        byte[] body = (why + '\n').getBytes(StandardCharsets.UTF_8);
        FullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(body));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
                .setInt(HttpHeaderNames.CONTENT_LENGTH, body.length)
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        return response;
    }

    /** There is no upstream: 502, or 504 if it did not answer in time. */
    static FullHttpResponse cannotConnect(Throwable cause) {
        ConnectFailure failure = ConnectFailure.of(cause);
        HttpResponseStatus status =
                failure == ConnectFailure.TIMEOUT ? HttpResponseStatus.GATEWAY_TIMEOUT : HttpResponseStatus.BAD_GATEWAY;
        return of(status, "cannot connect: " + ProxyCounters.lowerCase(failure));
    }
}
