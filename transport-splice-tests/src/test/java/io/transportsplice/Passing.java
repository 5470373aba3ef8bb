// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import java.util.concurrent.atomic.AtomicLong;

/** Passes on what it reads, as Netty's own examples do. */
class Passing extends ChannelDuplexHandler {
    final AtomicLong bytes = new AtomicLong();
    volatile Channel peer;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        bytes.addAndGet(((ByteBuf) message).readableBytes());
        peer.write(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        peer.flush();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (peer != null) { // not before all is written, as Netty's own examples do
            peer.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        }
    }

    static void join(Channel front, Channel back) {
        of(back).peer = front;
        of(front).peer = back;
        front.config().setAutoRead(true);
        back.config().setAutoRead(true);
    }

    static Passing of(Channel channel) {
        return channel.pipeline().get(Passing.class);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        ctx.channel().config().setAutoRead(false); // until it has somebody to pass it to
    }
}
