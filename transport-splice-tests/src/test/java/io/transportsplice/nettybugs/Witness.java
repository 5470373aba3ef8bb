// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.nettybugs;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Sees what a channel tells. The event loop alone writes, anybody may look. */
final class Witness extends ChannelInboundHandlerAdapter {
    private final Consumer<Witness> whenActive;
    private volatile Runnable whenRead = () -> {};
    private volatile Channel channel;
    private final AtomicLong bytes = new AtomicLong();
    private volatile boolean ended;
    private volatile Throwable failure;

    Witness(Consumer<Witness> whenActive) {
        this.whenActive = whenActive;
    }

    Channel channel() {
        return channel;
    }

    long bytes() {
        return bytes.get();
    }

    boolean sawEnd() {
        return ended;
    }

    /** Null if there was none. */
    Throwable failure() {
        return failure;
    }

    /** To be done on the event loop when bytes come. */
    void whenRead(Runnable action) {
        whenRead = action;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        channel = ctx.channel();
        whenActive.accept(this);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf buffer = (ByteBuf) message;
        bytes.addAndGet(buffer.readableBytes());
        buffer.release();
        whenRead.run();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ChannelInputShutdownReadComplete.INSTANCE) {
            ended = true;
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        ended = true;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        failure = cause;
    }
}
