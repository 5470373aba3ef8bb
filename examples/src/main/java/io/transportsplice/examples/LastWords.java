// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.util.ReferenceCountUtil;
import io.transportsplice.relay.RelayHandler;
import java.util.concurrent.TimeUnit;

/**
 * Answers a client a last time and closes. To close while it still sends would reset it, and the answer could be lost on
 * the way: so only the output is shut down, and what comes is discarded until the client ends too, for a short time.
 */
final class LastWords extends ChannelInboundHandlerAdapter {
    private static final int PATIENCE_SECONDS = 2;

    private boolean isWritten;

    private LastWords() {}

    /** Nothing that the client has sent or will send reaches the relay any more. */
    static void say(Channel client, Object answer) {
        if (answer instanceof HttpResponse response) {
            Session.of(client).answered(response.status().code());
        }
        String relay = client.pipeline().context(RelayHandler.class).name();
        LastWords words = new LastWords();
        client.pipeline().addBefore(relay, null, words);
        client.writeAndFlush(answer).addListener((ChannelFutureListener) said -> {
            words.isWritten = true;
            DuplexChannel channel = (DuplexChannel) client;
            boolean isSaid = said.isSuccess() || channel.isOutputShutdown(); // then there was nothing more to say
            if (!isSaid || channel.isInputShutdown()) {
                channel.close();
                return;
            }
            channel.shutdownOutput();
            channel.read();
            var timer = channel.eventLoop().schedule(() -> channel.close(), PATIENCE_SECONDS, TimeUnit.SECONDS);
            channel.closeFuture().addListener(closed -> timer.cancel(false));
        });
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ReferenceCountUtil.release(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        ctx.read();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ChannelInputShutdownReadComplete.INSTANCE && isWritten) { // else what waits would be cut short
            ctx.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close(); // it has been told what there was to tell
    }
}
