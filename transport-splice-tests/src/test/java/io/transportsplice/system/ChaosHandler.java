// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.system;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.transportsplice.testing.Await;

/** Does something on the event loop, in the middle of the n-th call of any kind that passes it. */
final class ChaosHandler extends ChannelDuplexHandler {
    /** For somebody to take the descriptor number that was just given up, before this call goes on. */
    private static final long TAKEOVER_NANOS = 200_000;

    private final Runnable chaos;
    private int calls;

    ChaosHandler(int calls, Runnable chaos) {
        this.calls = calls;
        this.chaos = chaos;
    }

    private void called() {
        if (--calls == 0) {
            chaos.run();
            Await.pause(TAKEOVER_NANOS);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        ctx.fireChannelRead(msg);
        called();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        ctx.fireChannelReadComplete();
        called();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        called();
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object msg, ChannelPromise promise) {
        ctx.write(msg, promise);
        called();
    }

    @Override
    public void flush(ChannelHandlerContext ctx) {
        called();
        ctx.flush();
    }

    @Override
    public void read(ChannelHandlerContext ctx) {
        ctx.read();
        called();
    }
}
