// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;

/** An encoder in front of a sink's splice handler: must see each byte, as a buffer. */
final class ModelCipher extends ChannelOutboundHandlerAdapter {
    static final byte KEY = 0x5a;

    private final ModelViolations violations;
    private boolean added;

    ModelCipher(ModelViolations violations) {
        this.violations = violations;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        added = true;
    }

    /** What is added by another thread sees nothing for a while. */
    static boolean isIn(ChannelPipeline pipeline) {
        ModelCipher cipher = pipeline.get(ModelCipher.class);
        return cipher != null && cipher.added;
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (!(message instanceof ByteBuf bytes)) {
            throw violations.add("a handler sees a " + message.getClass());
        }
        byte[] enciphered = ByteBufUtil.getBytes(bytes);
        bytes.release();
        apply(KEY, enciphered);
        ctx.write(Unpooled.wrappedBuffer(enciphered), promise);
    }

    static void apply(byte key, byte[] bytes) {
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] ^= key;
        }
    }
}
