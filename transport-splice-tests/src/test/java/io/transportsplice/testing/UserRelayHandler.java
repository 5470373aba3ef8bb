// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;

/** A relay as users of Netty write it, in one of the usual idioms, which knows nothing of splicing. */
public final class UserRelayHandler extends ChannelInboundHandlerAdapter {
    /** How a user's relay keeps from reading more than its peer takes. */
    public enum Idiom {
        /** {@code setAutoRead(false)} while the peer is not writable. */
        AUTO_READ,
        /** One {@code read()} for each write that has succeeded, as in Netty's HexDumpProxy. */
        READ_AFTER_WRITE,
        /** One {@code read()} in each {@code channelReadComplete}, and no bound. */
        READ_AFTER_READ
    }

    private final Idiom idiom;
    private Channel channel;
    private Channel peer;

    public UserRelayHandler(Idiom idiom) {
        this.idiom = idiom;
    }

    public static void join(Channel front, Channel back) {
        UserRelayHandler handler = front.pipeline().get(UserRelayHandler.class);
        handler.peer = back;
        back.pipeline().get(UserRelayHandler.class).peer = front;
        for (Channel channel : new Channel[] {front, back}) {
            if (handler.idiom == Idiom.AUTO_READ) {
                channel.config().setAutoRead(true);
            } else {
                channel.read();
            }
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        channel = ctx.channel();
        channel.config().setAutoRead(false);
        channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        if (peer == null) {
            ReferenceCountUtil.release(msg);
            ctx.close();
            return;
        }
        if (idiom == Idiom.READ_AFTER_WRITE) {
            peer.writeAndFlush(msg).addListener((ChannelFuture f) -> {
                if (f.isSuccess()) {
                    channel.read();
                } else {
                    channel.close();
                }
            });
        } else {
            peer.write(msg).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (peer != null) {
            peer.flush();
            if (idiom == Idiom.READ_AFTER_READ) {
                ctx.read();
            } else if (idiom == Idiom.AUTO_READ && !peer.isWritable()) {
                channel.config().setAutoRead(false);
            }
        }
        ctx.fireChannelReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (peer != null && idiom == Idiom.AUTO_READ) {
            peer.config().setAutoRead(channel.isWritable());
        }
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownReadComplete && peer != null) {
            Channel sink = peer;
            sink.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener((ChannelFuture f) -> {
                if (f.isSuccess()) {
                    ((DuplexChannel) sink).shutdownOutput().addListener(g -> closeIfBothHaveEnded());
                }
            });
        }
        ctx.fireUserEventTriggered(event);
    }

    private void closeIfBothHaveEnded() {
        if (((DuplexChannel) channel).isOutputShutdown() && ((DuplexChannel) peer).isOutputShutdown()) {
            channel.close();
            peer.close();
        }
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
