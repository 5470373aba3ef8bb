// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;

/**
 * Counts what a client's connection carries, where a codec behind it keeps the relay from seeing all of it. A spliced buffer
 * is not looked at for that. Confined to its event loop.
 */
final class WireBytes extends ChannelDuplexHandler {
    private long received;
    private long sent;

    long received() {
        return received;
    }

    long sent() {
        return sent;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof ByteBuf bytes) {
            received += bytes.readableBytes();
        }
        ctx.fireChannelRead(message);
    }

    /** Counted as it is handed on, like the bytes of a relay: of a part that was sent when it failed nobody would know. */
    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof ByteBuf bytes) {
            sent += bytes.readableBytes();
        }
        ctx.write(message, promise);
    }
}
