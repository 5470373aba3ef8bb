// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.channel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.transportsplice.testing.Pattern;

/** Sends so many bytes back, and reads exactly what is needed for it, whether autoRead is on or off. */
final class Echo extends ChannelInboundHandlerAdapter {

    private static final int ROUND_TRIP = 64 * 1024;

    private int missing;

    private Echo(int bytes) {
        missing = bytes;
    }

    /** Has the peer send bytes, and gets them back to it. */
    static void exchange(Stage stage, int bytes) throws Exception {
        Pattern pattern = new Pattern(3);
        Echo echo = new Echo(bytes);
        stage.onLoop(channel -> {
            String last = channel.pipeline().context(stage.recorder()).name();
            channel.pipeline().addBefore(last, null, echo);
        });
        for (int from = 0; from < bytes; from += ROUND_TRIP) {
            int to = Math.min(bytes, from + ROUND_TRIP);
            stage.peer().send(pattern, from, to, ROUND_TRIP);
            stage.peer().receive(pattern, from, to);
        }
        stage.onLoop(channel -> channel.pipeline().remove(echo));
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        readOn(ctx);
    }

    private void readOn(ChannelHandlerContext ctx) {
        if (missing > 0 && !ctx.channel().config().isAutoRead()) {
            ctx.read();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        missing -= ((ByteBuf) message).readableBytes();
        ctx.writeAndFlush(message);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        // is of these bytes' making
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        readOn(ctx);
    }
}
