// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.MessageToMessageCodec;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpMessage;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;

/** A stream of bytes as bodies of HTTP, at both ends of a connection. */
final class HttpBodies {
    private static final int MOST = 4 * 1024 * 1024;
    /** A length that no stream here reaches. */
    private static final long ENDLESS = 1L << 40;

    private HttpBodies() {}

    /** Each buffer is a message of its own. */
    static ChannelHandler[] aggregated(boolean client) {
        return new ChannelHandler[] {
            client ? new HttpClientCodec() : new HttpServerCodec(),
            new HttpObjectAggregator(MOST),
            new Habits.Retype<>(
                    FullHttpMessage.class, message -> message.content().retain(), body -> full(client, body.retain()))
        };
    }

    private static FullHttpMessage full(boolean client, ByteBuf body) {
        FullHttpMessage message = client
                ? new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/", body)
                : new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, body);
        HttpUtil.setContentLength(message, body.readableBytes());
        return message;
    }

    /** All buffers are parts of one message, in chunks or with a length in its head. */
    static ChannelHandler[] streamed(boolean client, boolean chunked) {
        return new ChannelHandler[] {client ? new HttpClientCodec() : new HttpServerCodec(), new Parts(client, chunked)
        };
    }

    private static final class Parts extends MessageToMessageCodec<HttpObject, ByteBuf> {
        private final boolean client;
        private final boolean chunked;
        private boolean begun;

        Parts(boolean client, boolean chunked) {
            this.client = client;
            this.chunked = chunked;
        }

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) throws Exception {
            if (!begun) {
                begun = true;
                ctx.write(head(), ctx.newPromise());
            }
            super.write(ctx, message, promise);
        }

        private HttpMessage head() {
            HttpMessage head = client
                    ? new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/")
                    : new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
            if (chunked) {
                HttpUtil.setTransferEncodingChunked(head, true);
            } else {
                head.headers().set(HttpHeaderNames.CONTENT_LENGTH, ENDLESS);
            }
            return head;
        }

        @Override
        protected void encode(ChannelHandlerContext ctx, ByteBuf message, List<Object> result) {
            // an empty chunk would be the last
            result.add(message.isReadable() ? new DefaultHttpContent(message.retain()) : message.retain());
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, HttpObject message, List<Object> result) {
            result.add(message instanceof HttpContent part ? part.content().retain() : Unpooled.EMPTY_BUFFER);
        }
    }
}
