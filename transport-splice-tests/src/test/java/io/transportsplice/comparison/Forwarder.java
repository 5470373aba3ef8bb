// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.comparison;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.epoll.AbstractEpollStreamChannel;
import io.netty.util.ReferenceCountUtil;

/** Forwards what it reads, one way, and does nothing else: it closes nothing, pauses nothing, passes on no end. */
class Forwarder extends ChannelInboundHandlerAdapter {
    volatile Channel peer;
    /** Whether to cancel the next write. */
    volatile boolean cancelNext;

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        ctx.channel().config().setAutoRead(false);
    }

    /** Forwards from the front to the back. */
    static void join(Channel front, Channel back) {
        front.pipeline().get(Forwarder.class).peer = back;
        front.config().setAutoRead(true);
    }

    /** The same, the way of stock Netty. */
    static void joinStock(Channel front, Channel back) {
        spliceTo(front, back, Integer.MAX_VALUE);
        front.config().setAutoRead(true);
    }

    @SuppressWarnings("deprecation") // the rival
    static io.netty.channel.ChannelFuture spliceTo(Channel from, Channel to, int bytes) {
        return ((AbstractEpollStreamChannel) from).spliceTo((AbstractEpollStreamChannel) to, bytes);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        if (peer == null) {
            ReferenceCountUtil.release(msg);
            return;
        }
        ChannelPromise promise = peer.newPromise();
        if (cancelNext) {
            cancelNext = false;
            promise.cancel(false);
        }
        peer.writeAndFlush(msg, promise);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        // the far end sees it
    }
}
