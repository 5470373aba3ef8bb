// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.util.ByteProcessor;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Netty's codec, as a proxy that passes messages on needs it. */
final class HttpCodec {
    /** A body's piece is as large as a pipe may be, so that the decoder passes it on whole, without a look. */
    static final HttpDecoderConfig CONFIG = new HttpDecoderConfig()
            .setMaxHeaderSize(64 * 1024)
            .setMaxInitialLineLength(64 * 1024)
            .setMaxChunkSize(1024 * 1024);

    private HttpCodec() {}

    /**
     * Tells of a request that ends within its first line as Netty's own does of one that ends within its fields, and whether
     * there is a part of a head.
     */
    static final class RequestDecoder extends HttpRequestDecoder {
        private final BooleanSupplier isInside;
        private boolean hasPart;

        /** @param isInside whether the body of a request is being read */
        RequestDecoder(BooleanSupplier isInside) {
            super(CONFIG);
            this.isInside = isInside;
        }

        /** Of a head, where no body is being read. */
        boolean hasPartOfHead() {
            return hasPart;
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
            int from = in.readerIndex();
            int bytes = in.readableBytes();
            int parts = out.size();
            super.decode(ctx, in, out);
            if (out.size() > parts) {
                hasPart = false;
            } else { // it has looked at them, too; empty lines are of no request
                hasPart |= in.forEachByte(from, bytes, ByteProcessor.FIND_NON_CRLF) >= 0;
            }
        }

        @Override
        protected void decodeLast(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
            super.decodeLast(ctx, in, out);
            if (in.isReadable() && out.isEmpty() && !isInside.getAsBoolean()) {
                in.skipBytes(in.readableBytes());
                HttpMessage half = createInvalidMessage();
                half.setDecoderResult(
                        DecoderResult.failure(new PrematureChannelClosureException("ended within the request line")));
                out.add(half);
            }
        }
    }

    /** Writes the bytes of a target as they came. Netty's own would change those beyond ASCII, and some without a path. */
    static final class RequestEncoder extends HttpRequestEncoder {
        @Override
        protected void encodeInitialLine(ByteBuf out, HttpRequest request) {
            String line = request.method() + " " + request.uri() + " " + request.protocolVersion() + "\r\n";
            out.writeCharSequence(line, StandardCharsets.ISO_8859_1);
        }
    }

    /** Knows by the request whether its answer has content. */
    static final class ResponseDecoder extends HttpResponseDecoder {
        private final Supplier<HttpMethod> asked;

        /** @param asked the method of the request whose answer comes next; {@code null} if there is none */
        ResponseDecoder(Supplier<HttpMethod> asked) {
            super(CONFIG);
            this.asked = asked;
        }

        @Override
        protected boolean isContentAlwaysEmpty(HttpMessage message) {
            HttpResponse response = (HttpResponse) message;
            boolean isToHead = HttpMethod.HEAD.equals(asked.get());
            boolean isEmptyToHead = isToHead && !HttpResponses.isInterim(response);
            if (isEmptyToHead) { // all of it: the encoder, which does not know what was asked, would end a body
                response.headers().remove(HttpHeaderNames.TRANSFER_ENCODING);
            }
            return HttpResponses.isSwitch(response) || super.isContentAlwaysEmpty(response) || isEmptyToHead;
        }
    }
}
