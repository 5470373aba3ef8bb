// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.ByteArrayOutputStream;
import java.util.function.Supplier;

/** What lies between the bytes that are meant and those on the wire, at the far end of a channel with a guest. */
interface Wire {
    /** Turns what came from the wire, piece by piece, into what is meant. Not thread-safe. */
    interface Decoder extends AutoCloseable {
        byte[] decode(byte[] piece);

        @Override
        default void close() {}
    }

    /** All bytes of a stream as they go over the wire. */
    byte[] encode(byte[] meant);

    Decoder decoder();

    /** What is meant is what goes over the wire. */
    Wire BARE = new Wire() {
        @Override
        public byte[] encode(byte[] meant) {
            return meant;
        }

        @Override
        public Decoder decoder() {
            return piece -> piece;
        }
    };

    /** {@link Ciphers}, said once more, without Netty. */
    Wire ENCIPHERED = new Wire() {
        @Override
        public byte[] encode(byte[] meant) {
            return Ciphers.apply(meant, 0);
        }

        @Override
        public Decoder decoder() {
            return new Decoder() {
                private long position;

                @Override
                public byte[] decode(byte[] piece) {
                    byte[] meant = Ciphers.apply(piece, position);
                    position += piece.length;
                    return meant;
                }
            };
        }
    };

    /** The counterparts of the guest's handlers: what comes out and goes in behind them are buffers. */
    static Wire mirrored(Supplier<ChannelHandler[]> counterparts) {
        return new Mirror(counterparts);
    }

    /** Netty's own handlers, without any transport. */
    final class Mirror implements Wire {
        private static final int PIECE = 32 * 1024;

        private final Supplier<ChannelHandler[]> counterparts;

        private Mirror(Supplier<ChannelHandler[]> counterparts) {
            this.counterparts = counterparts;
        }

        @Override
        public byte[] encode(byte[] meant) {
            EmbeddedChannel channel = new EmbeddedChannel(counterparts.get());
            for (int i = 0; i < meant.length; i += PIECE) {
                channel.writeOutbound(Unpooled.copiedBuffer(meant, i, Math.min(PIECE, meant.length - i)));
            }
            channel.finish();
            return drain(channel::readOutbound);
        }

        @Override
        public Decoder decoder() {
            EmbeddedChannel channel = new EmbeddedChannel(counterparts.get());
            return new Decoder() {
                @Override
                public byte[] decode(byte[] piece) {
                    channel.writeInbound(Unpooled.wrappedBuffer(piece));
                    return drain(channel::readInbound);
                }

                /** Some complain of half a message, where a stream was cut. */
                @Override
                public void close() {
                    channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
                        @Override
                        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {}
                    });
                    channel.finishAndReleaseAll();
                }
            };
        }

        private static byte[] drain(Supplier<ByteBuf> messages) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            for (ByteBuf next = messages.get(); next != null; next = messages.get()) {
                all.writeBytes(ByteBufUtil.getBytes(next));
                next.release();
            }
            return all.toByteArray();
        }
    }
}
