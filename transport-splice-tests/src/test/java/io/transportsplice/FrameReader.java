package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.transportsplice.testing.Pattern;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Reads frames: a length of 8 bytes, then as many of the pattern. What of a body is not in the buffer with its length it
 * asks for as regions, and checks that the body comes as these and all else as buffers.
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
        if (message instanceof SpliceRegion region) {
            readBody(ctx, region);
        } else {
            super.channelRead(ctx, message);
        }
    }

    private void readBody(ChannelHandlerContext ctx, SpliceRegion region) throws IOException {
        if (region.isCopied()) {
            copiedBytes.addAndGet(region.count());
        } else {
            splicedBytes.addAndGet(region.count());
        }
        if (region.count() > expected) {
            region.release();
            throw new AssertionError(region.count() + " bytes, but " + expected + " are the frame's");
        }
        ByteBuf bytes = region.toByteBuf(ctx.alloc());
        expected -= bytes.readableBytes();
        verify(bytes, bytes.readableBytes());
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
