// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;

/**
 * What the proxies that speak HTTP answer themselves, to {@link LastWords}.
 *
 * @param allowed the methods that there are instead, which a 405 has to tell; empty for none
 */
record HttpAnswer(HttpResponseStatus status, String why, String allowed) {

    static HttpAnswer of(HttpResponseStatus status) {
        return of(status, status.reasonPhrase());
    }

    static HttpAnswer of(HttpResponseStatus status, String why) {
        return new HttpAnswer(status, why, "");
    }

    static HttpAnswer notAllowed(String why, HttpMethod instead) {
        return new HttpAnswer(HttpResponseStatus.METHOD_NOT_ALLOWED, why, instead.name());
    }

    /** There is no upstream: 502, or 504 if it did not answer in time. */
    static HttpAnswer cannotConnect(Throwable cause) {
        ConnectFailure failure = ConnectFailure.of(cause);
        HttpResponseStatus status =
                failure == ConnectFailure.TIMEOUT ? HttpResponseStatus.GATEWAY_TIMEOUT : HttpResponseStatus.BAD_GATEWAY;
        return of(status, "cannot connect: " + ProxyCounters.lowerCase(failure));
    }

    /** The answer to a request. One to HEAD has no body, but tells of it. */
    FullHttpResponse to(HttpMethod method) {
        byte[] body = (why + '\n').getBytes(StandardCharsets.UTF_8);
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                status,
                method.equals(HttpMethod.HEAD) ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(body));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
                .setInt(HttpHeaderNames.CONTENT_LENGTH, body.length)
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        if (status.equals(HttpResponseStatus.METHOD_NOT_ALLOWED)) {
            response.headers().set(HttpHeaderNames.ALLOW, allowed);
        }
        return response;
    }
}
