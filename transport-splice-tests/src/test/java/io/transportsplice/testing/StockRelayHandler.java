// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.AbstractEpollStreamChannel;

/**
 * Netty's own {@code spliceTo} as proxies use it: nothing is read before both ends are connected, each end is then
 * spliced to the other without an end, and when one is done or gone the other is closed.
 */
public final class StockRelayHandler extends ChannelInboundHandlerAdapter {
    private Channel peer;

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        ctx.channel().config().setAutoRead(false);
    }

    public static void join(Channel front, Channel back) {
        pair(front, back);
        pair(back, front);
        spliceAll(front, back);
        spliceAll(back, front);
        front.config().setAutoRead(true);
        back.config().setAutoRead(true);
    }

    private static void pair(Channel channel, Channel peer) {
        StockRelayHandler handler = channel.pipeline().get(StockRelayHandler.class);
        if (handler != null) {
            handler.peer = peer;
        }
        if (!channel.isActive()) {
            peer.close();
        }
    }

    @SuppressWarnings("deprecation") // the rival
    private static void spliceAll(Channel from, Channel to) {
        ((AbstractEpollStreamChannel) from)
                .spliceTo((AbstractEpollStreamChannel) to, Integer.MAX_VALUE)
                .addListener((ChannelFuture f) -> {
                    if (!f.isSuccess()) {
                        from.close();
                    }
                });
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (peer != null) {
            peer.close();
        }
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }
}
