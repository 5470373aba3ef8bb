// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;

/** A handler in front of a source's splice handler, which reads by itself and hands messages on in halves. */
final class ModelFront extends ChannelDuplexHandler {
    private final ModelViolations violations;
    private ChannelHandlerContext ctx;

    ModelFront(ModelViolations violations) {
        this.violations = violations;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        ctx = context;
    }

    /** As a handler does in the middle of a handshake. False if it is just being added by another thread. */
    boolean readByItself() {
        if (ctx != null) {
            ctx.read();
        }
        return ctx != null;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        boolean first = context.pipeline().first() == this; // else it would cut in two what a limit has measured
        if (first && message instanceof ByteBuf bytes && bytes.readableBytes() > 1) {
            context.fireChannelRead(bytes.readRetainedSlice(bytes.readableBytes() / 2));
        }
        context.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (!(message instanceof ByteBuf)) {
            throw violations.add("a handler sees a " + message.getClass());
        }
        context.write(message, promise);
    }
}
