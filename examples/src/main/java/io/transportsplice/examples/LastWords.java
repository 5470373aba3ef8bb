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
import io.transportsplice.EpollSplice;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/**
 * Answers a client a last time and closes. To close while it still sends would reset it, and the answer could be lost on
 * the way: so only the output is shut down, and what comes is discarded until the client ends too, or for a short time
 * has taken no more.
 */
final class LastWords extends ChannelInboundHandlerAdapter {
    private static final int PATIENCE_SECONDS = 2;
    private static final int NEVER_ASKED = -1;

    private final Channel client;
    private final IntSupplier unsent;
    private int unsentBefore = NEVER_ASKED;

    private LastWords(Channel client, IntSupplier unsent) {
        this.client = client;
        this.unsent = unsent;
    }

    /** Nothing that the client has sent or will send reaches the relay any more. */
    static void say(Channel client, Object answer) {
        say(client, answer, () -> EpollSplice.unsentBytes(client));
    }

    /** @param unsent how many bytes the client has not acknowledged, or less than none */
    static void say(Channel client, Object answer, IntSupplier unsent) {
        if (answer instanceof HttpResponse response) {
            Session.of(client).answered(response.status().code());
        }
        LastWords words = new LastWords(client, unsent);
        PipelineRelay.insert(client, words);
        client.writeAndFlush(answer).addListener((ChannelFutureListener) said -> {
            DuplexChannel channel = (DuplexChannel) client;
            boolean isSaid = said.isSuccess() || channel.isOutputShutdown(); // then there was nothing more to say
            if (!isSaid || channel.isInputShutdown()) {
                channel.close();
                return;
            }
            channel.shutdownOutput();
            channel.read();
            words.closeOnceIdle();
        });
    }

    private void closeOnceIdle() {
        var watch = client.eventLoop()
                .scheduleWithFixedDelay(this::look, PATIENCE_SECONDS, PATIENCE_SECONDS, TimeUnit.SECONDS);
        client.closeFuture().addListener(closed -> watch.cancel(false));
    }

    private void look() {
        int now = unsent.getAsInt();
        if (now < 0 || now == unsentBefore) {
            client.close();
        }
        unsentBefore = now;
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
        boolean isSaid = ((DuplexChannel) ctx.channel()).isOutputShutdown(); // else what waits would be cut short
        if (isSaid && event == ChannelInputShutdownReadComplete.INSTANCE) {
            ctx.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close(); // it has been told what there was to tell
    }
}
