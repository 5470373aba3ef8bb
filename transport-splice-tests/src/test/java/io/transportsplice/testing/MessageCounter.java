// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.FileRegion;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** A user's handler that counts what passes it: bytes both ways, and the events of a channel's life. */
@ChannelHandler.Sharable
public final class MessageCounter extends ChannelDuplexHandler {
    public final AtomicLong bytesRead = new AtomicLong();
    public final AtomicLong bytesWritten = new AtomicLong();
    public final AtomicInteger registered = new AtomicInteger();
    public final AtomicInteger unregistered = new AtomicInteger();
    public final AtomicInteger active = new AtomicInteger();
    public final AtomicInteger inactive = new AtomicInteger();

    private static long sizeOf(Object msg) {
        return msg instanceof FileRegion buffer
                ? buffer.count() - buffer.transferred()
                : ((ByteBuf) msg).readableBytes();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        bytesRead.addAndGet(sizeOf(msg));
        ctx.fireChannelRead(msg);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object msg, ChannelPromise promise) {
        long size = sizeOf(msg);
        ctx.write(msg, promise.unvoid()).addListener(f -> {
            if (f.isSuccess()) {
                bytesWritten.addAndGet(size);
            }
        });
    }

    @Override
    public void channelRegistered(ChannelHandlerContext ctx) {
        registered.incrementAndGet();
        ctx.fireChannelRegistered();
    }

    @Override
    public void channelUnregistered(ChannelHandlerContext ctx) {
        unregistered.incrementAndGet();
        ctx.fireChannelUnregistered();
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        active.incrementAndGet();
        ctx.fireChannelActive();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        inactive.incrementAndGet();
        ctx.fireChannelInactive();
    }
}
