// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.handler.codec.MessageToByteEncoder;
import io.netty.handler.codec.MessageToMessageCodec;
import io.netty.handler.codec.MessageToMessageDecoder;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A cipher in each of the ways in which Netty lets one be written. Each byte is changed in a way that depends on its
 * position, so that one which passed it by shows, and so does one that is lost.
 */
final class Ciphers {
    private Ciphers() {}

    private static byte key(long position) {
        return (byte) (position * 31 + (position >> 9) + 0x5a);
    }

    static byte[] apply(byte[] bytes, long position) {
        byte[] changed = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            changed[i] = (byte) (bytes[i] ^ key(position + i));
        }
        return changed;
    }

    /** One direction of it. */
    private static final class Stream {
        private long position;

        /** Reads one buffer and writes another. */
        ByteBuf copy(ChannelHandlerContext ctx, ByteBuf from) {
            return copy(from, ctx.alloc().buffer(from.readableBytes()));
        }

        ByteBuf copy(ByteBuf from, ByteBuf to) {
            byte[] bytes = new byte[from.readableBytes()];
            from.readBytes(bytes);
            to.writeBytes(apply(bytes, position));
            position += bytes.length;
            return to;
        }

        void inPlace(ByteBuf bytes) {
            for (int i = bytes.readerIndex(); i < bytes.writerIndex(); i++) {
                bytes.setByte(i, bytes.getByte(i) ^ key(position++));
            }
        }

        void inItsMemory(ByteBuf bytes) {
            for (ByteBuffer memory : bytes.nioBuffers()) {
                for (int i = memory.position(); i < memory.limit(); i++) {
                    memory.put(i, (byte) (memory.get(i) ^ key(position++)));
                }
            }
        }
    }

    static final class Codec extends MessageToMessageCodec<ByteBuf, ByteBuf> {
        private final Stream in = new Stream();
        private final Stream out = new Stream();

        @Override
        protected void encode(ChannelHandlerContext ctx, ByteBuf message, List<Object> result) {
            result.add(out.copy(ctx, message));
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf message, List<Object> result) {
            result.add(in.copy(ctx, message));
        }
    }

    static final class Decoder extends MessageToMessageDecoder<ByteBuf> {
        private final Stream in = new Stream();

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf message, List<Object> result) {
            result.add(in.copy(ctx, message));
        }
    }

    static final class Encoder extends MessageToByteEncoder<ByteBuf> {
        private final Stream stream = new Stream();

        @Override
        protected void encode(ChannelHandlerContext ctx, ByteBuf message, ByteBuf result) {
            stream.copy(message, result);
        }
    }

    static final class Combined extends CombinedChannelDuplexHandler<Decoder, Encoder> {
        Combined() {
            super(new Decoder(), new Encoder());
        }
    }

    /** Changes the very buffers that pass. */
    static final class InPlace extends ChannelDuplexHandler {
        private final Stream in = new Stream();
        private final Stream out = new Stream();
        private final boolean inItsMemory;

        InPlace(boolean inItsMemory) {
            this.inItsMemory = inItsMemory;
        }

        private Object changed(Stream stream, Object message) {
            if (inItsMemory) {
                stream.inItsMemory((ByteBuf) message);
            } else {
                stream.inPlace((ByteBuf) message);
            }
            return message;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.fireChannelRead(changed(in, message));
        }

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            ctx.write(changed(out, message), promise);
        }
    }
}
