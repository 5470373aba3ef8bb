// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.transportsplice.testing.Pattern;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Reads frames: a length of 8 bytes, then as many of the pattern. What of a body is not in the buffer with its length it
 * asks for as a limit's, and checks that the body comes as such and all else as buffers.
 */
final class FrameReader extends ByteToMessageDecoder {
    private final EpollSpliceHandler handler;
    private final Pattern pattern;
    private long expected;
    private long position;
    final AtomicInteger frames = new AtomicInteger();
    final AtomicLong splicedBytes = new AtomicLong();
    final AtomicLong copiedBytes = new AtomicLong();
    volatile Throwable failure;

    FrameReader(EpollSpliceHandler handler, Pattern pattern) {
        this.handler = handler;
        this.pattern = pattern;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        if (message instanceof LimitedBytes limited) {
            readBody(limited.content());
        } else {
            super.channelRead(ctx, message);
        }
    }

    private void readBody(ByteBuf bytes) {
        int count = bytes.readableBytes();
        (PipeByteBuf.of(bytes) == null ? copiedBytes : splicedBytes).addAndGet(count);
        if (count > expected) {
            bytes.release();
            throw new AssertionError(count + " bytes, but " + expected + " are the frame's");
        }
        expected -= count;
        verify(bytes, count);
        bytes.release();
        if (expected == 0) {
            frames.incrementAndGet();
        }
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (expected > 0) {
            throw new AssertionError(in.readableBytes() + " bytes as a buffer, " + expected + " of the frame missing");
        }
        if (in.readableBytes() < Long.BYTES) {
            return;
        }
        expected = in.readLong();
        int here = (int) Math.min(expected, in.readableBytes());
        verify(in, here);
        expected -= here;
        if (expected == 0) {
            frames.incrementAndGet();
        } else {
            handler.limit(expected);
        }
    }

    private void verify(ByteBuf bytes, int length) {
        byte[] array = new byte[length];
        bytes.readBytes(array);
        pattern.verify(array, 0, length, position);
        position += length;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        failure = cause;
        ctx.close();
    }
}
