// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.AbstractEpollStreamChannel;
import io.netty.util.ReferenceCountUtil;
import io.transportsplice.relay.RelayHandler;
import java.nio.channels.ClosedChannelException;

/**
 * Netty's own {@link AbstractEpollStreamChannel#spliceTo(AbstractEpollStreamChannel, int) spliceTo} in both directions, as
 * well as it can be used. It is here to be compared with, not to be copied. What no code around it can mend:
 * <ul>
 * <li>Half-closure has to stay off: with it, {@code spliceTo} takes the end of the stream for "nothing there yet" and
 * spins for ever. So a client that ends its request with a FIN and then waits for the answer gets none.
 * <li>When the far end closes while more is unread than one splice moves, the rest is lost: Netty splices once and closes.
 * <li>A FIN that arrives before the upstream is connected closes the client, with whatever it had sent.
 * <li>A splice cannot be cancelled. Once its sink has closed, it goes on writing into the number of a closed pipe, which
 * may belong to another connection by now. {@link #finish} makes that window small, not empty.
 * <li>The pipeline sees no bytes, so there is no idle timeout.
 * </ul>
 */
@SuppressWarnings({"deprecation", "FutureReturnValueIgnored"})
final class StockRelay implements Relay {
    @Override
    public void prepare(Channel channel) {
        channel.config().setAutoRead(false);
        channel.pipeline().addLast(new Unspliced());
    }

    @Override
    public void join(Channel client, Channel upstream) {
        splice((AbstractEpollStreamChannel) client, (AbstractEpollStreamChannel) upstream);
        splice((AbstractEpollStreamChannel) upstream, (AbstractEpollStreamChannel) client);
        client.config().setAutoRead(true);
        upstream.config().setAutoRead(true);
    }

    private static void splice(AbstractEpollStreamChannel source, AbstractEpollStreamChannel sink) {
        // MAX_VALUE means for ever: the future completes only by failing
        source.spliceTo(sink, Integer.MAX_VALUE).addListener(future -> {
            if (future.cause() instanceof ClosedChannelException) {
                finish(source.isOpen() ? source : sink);
            } else {
                RelayHandler.reset(source);
                RelayHandler.reset(sink);
            }
        });
    }

    /** Closes a channel whose peer is gone, once what is on its way to it has been written. */
    private static void finish(AbstractEpollStreamChannel channel) {
        channel.config().setAutoRead(false);
        channel.shutdownInput();
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    /** Takes what reaches the pipeline because no splice was there to take it. */
    private static final class Unspliced extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            ReferenceCountUtil.release(msg);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }
}
