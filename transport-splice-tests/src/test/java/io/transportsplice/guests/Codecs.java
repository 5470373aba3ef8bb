// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.DelimiterBasedFrameDecoder;
import io.netty.handler.codec.FixedLengthFrameDecoder;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.ReplayingDecoder;
import io.netty.handler.codec.base64.Base64Decoder;
import io.netty.handler.codec.base64.Base64Encoder;
import io.netty.handler.codec.bytes.ByteArrayDecoder;
import io.netty.handler.codec.bytes.ByteArrayEncoder;
import io.netty.handler.codec.compression.JdkZlibDecoder;
import io.netty.handler.codec.compression.JdkZlibEncoder;
import io.netty.handler.codec.compression.SnappyFrameDecoder;
import io.netty.handler.codec.compression.SnappyFrameEncoder;
import io.netty.handler.codec.compression.ZlibWrapper;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameEncoder;
import io.netty.handler.codec.string.StringDecoder;
import io.netty.handler.codec.string.StringEncoder;
import io.transportsplice.guests.Habits.Retype;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;

/** Guests that decode what is read, and encode what is written. */
final class Codecs {
    private static final int MOST = 4 * 1024 * 1024;
    private static final int FASTEST = 1;

    private Codecs() {}

    static List<Guest> all() {
        return List.of(
                // Framing.
                ofPair("LengthFieldBasedFrameDecoder, LengthFieldPrepender", Codecs::lengthField)
                        .splices(Ends.SINK),
                Guest.of("LineBasedFrameDecoder", () -> new LineBasedFrameDecoder(MOST, false, false)),
                Guest.of(
                        "DelimiterBasedFrameDecoder",
                        () -> new DelimiterBasedFrameDecoder(
                                MOST, false, Unpooled.wrappedBuffer(new byte[] {GuestCase.DELIMITER}))),
                Guest.of("FixedLengthFrameDecoder", () -> new FixedLengthFrameDecoder(GuestCase.FRAME)),
                new Guest(
                                "ReplayingDecoder",
                                site -> site.add(new Replaying(), new LengthFieldPrepender(Integer.BYTES)))
                        .mirroredBy(Codecs::lengthField)
                        .splices(Ends.SINK),
                Guest.of("ByteToMessageDecoder", () -> new Slicing(ByteToMessageDecoder.MERGE_CUMULATOR))
                        .splices(),
                Guest.of(
                        "ByteToMessageDecoder with composites",
                        () -> new Slicing(ByteToMessageDecoder.COMPOSITE_CUMULATOR)),
                // Types.
                new Guest(
                        "ByteArrayDecoder, ByteArrayEncoder",
                        site -> site.add(
                                new ByteArrayDecoder(),
                                new ByteArrayEncoder(),
                                new Retype<>(byte[].class, Unpooled::wrappedBuffer, ByteBufUtil::getBytes))),
                new Guest(
                        "StringDecoder, StringEncoder",
                        site -> site.add(
                                new StringDecoder(StandardCharsets.ISO_8859_1),
                                new StringEncoder(StandardCharsets.ISO_8859_1),
                                new Retype<>(
                                        String.class,
                                        text -> Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1),
                                        bytes -> bytes.toString(StandardCharsets.ISO_8859_1)))),
                ofPair("Base64Decoder, Base64Encoder", Codecs::base64),
                // Compression.
                ofPair("JdkZlibDecoder, JdkZlibEncoder", () -> new ChannelHandler[] {
                    new JdkZlibDecoder(ZlibWrapper.GZIP, 0), new JdkZlibEncoder(ZlibWrapper.GZIP, FASTEST)
                }),
                ofPair("SnappyFrameDecoder, SnappyFrameEncoder", () ->
                        new ChannelHandler[] {new SnappyFrameDecoder(true), new SnappyFrameEncoder()}),
                // Protocols.
                ofPair("HttpServerCodec, HttpObjectAggregator", HttpBodies::aggregated),
                ofPair("HttpServerCodec, chunks", client -> HttpBodies.streamed(client, true))
                        .splices(Ends.SINK),
                ofPair("HttpServerCodec, a length", client -> HttpBodies.streamed(client, false))
                        .splices(Ends.SINK),
                ofPair("WebSocket13FrameDecoder, WebSocket13FrameEncoder", Codecs::webSocket)
                        .splices(Ends.SINK),
                new Guest("HAProxyMessageDecoder", site -> site.add(new HAProxyMessageDecoder(), new Forgetting()))
                        .greeting(ProxyGreetings::haproxy));
    }

    /** Both ends have the same handlers. */
    private static Guest ofPair(String name, Supplier<ChannelHandler[]> handlers) {
        return new Guest(name, site -> site.add(handlers.get())).mirroredBy(handlers);
    }

    private interface ByRole {
        ChannelHandler[] handlers(boolean client);
    }

    /** The far end is the client. */
    private static Guest ofPair(String name, ByRole role) {
        return new Guest(name, site -> site.add(role.handlers(false))).mirroredBy(() -> role.handlers(true));
    }

    private static ChannelHandler[] lengthField() {
        return new ChannelHandler[] {
            new LengthFieldBasedFrameDecoder(MOST, 0, Integer.BYTES, 0, Integer.BYTES),
            new LengthFieldPrepender(Integer.BYTES)
        };
    }

    private static ChannelHandler[] base64() {
        ChannelHandler[] framing = lengthField();
        return new ChannelHandler[] {framing[0], framing[1], new Base64Decoder(), new Base64Encoder()};
    }

    private static ChannelHandler[] webSocket(boolean client) {
        return new ChannelHandler[] {
            new WebSocket13FrameDecoder(!client, false, MOST),
            new WebSocket13FrameEncoder(client),
            new Retype<>(
                    BinaryWebSocketFrame.class,
                    frame -> frame.content().retain(),
                    bytes -> new BinaryWebSocketFrame(bytes.retain()))
        };
    }

    private static final class Replaying extends ReplayingDecoder<Void> {
        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
            out.add(in.readBytes(in.readInt()));
        }
    }

    /** Hands on what there is. */
    private static final class Slicing extends ByteToMessageDecoder {
        Slicing(Cumulator cumulator) {
            setCumulator(cumulator);
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
            out.add(in.readRetainedSlice(in.readableBytes()));
        }
    }

    /** What the PROXY protocol says is of no interest here. */
    private static final class Forgetting extends SimpleChannelInboundHandler<HAProxyMessage> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, HAProxyMessage message) {}
    }
}
