// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.codec.haproxy.HAProxyProtocolException;
import io.netty.handler.codec.haproxy.HAProxyProtocolVersion;
import java.util.function.Consumer;

/**
 * Reads the PROXY protocol's header from the beginning of a connection: two handlers that leave the pipeline when they
 * have it. Netty's decoder checks it; the bytes are kept as well, because the decoder leaves out what it does not know.
 */
final class ProxyHeaderReader {
    /** Of version 2: a signature, version and command, family, and the length of the rest. */
    private static final int FIXED = 16;

    private static final int LENGTH_OFFSET = 14;

    private final Consumer<ProxyHeader> reader;
    private final ByteBuf start = Unpooled.buffer(FIXED);

    /** @param reader gets the header, once, on the channel's event loop */
    ProxyHeaderReader(Consumer<ProxyHeader> reader) {
        this.reader = reader;
    }

    /** To be added to the pipeline, in this order. */
    ChannelHandler[] handlers() {
        return new ChannelHandler[] {new Decoder(), new Taker()};
    }

    /** Copies what is still lacking of the header, as far as that is known. */
    private void keep(ByteBuf bytes) {
        int taken = copy(bytes, bytes.readerIndex(), FIXED);
        if (start.readableBytes() >= FIXED) {
            copy(bytes, bytes.readerIndex() + taken, FIXED + start.getUnsignedShort(LENGTH_OFFSET));
        }
    }

    private int copy(ByteBuf bytes, int from, int wanted) {
        int count = Math.max(0, Math.min(wanted - start.readableBytes(), bytes.writerIndex() - from));
        start.writeBytes(bytes, from, count);
        return count;
    }

    /** At a bad header it closes the channel before it tells why: that is to be a reset, too. */
    private final class Decoder extends HAProxyMessageDecoder {
        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            ctx.channel().config().setOption(ChannelOption.SO_LINGER, 0);
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
            keep((ByteBuf) message);
            super.channelRead(ctx, message);
        }
    }

    private final class Taker extends SimpleChannelInboundHandler<HAProxyMessage> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, HAProxyMessage message) {
            if (!ctx.channel().isOpen()) {
                return; // a bad header came before it
            }
            boolean isV2 = message.protocolVersion() == HAProxyProtocolVersion.V2;
            byte[] received = new byte[isV2 ? start.readableBytes() : 0];
            start.readBytes(received);
            if (!ProxyChecksum.isRight(received)) {
                throw new HAProxyProtocolException("wrong checksum");
            }
            ctx.channel().config().setOption(ChannelOption.SO_LINGER, -1);
            ctx.pipeline().remove(this);
            reader.accept(ProxyHeader.of(message, received));
        }
    }
}
