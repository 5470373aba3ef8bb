// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;

/** A source, whose own pipeline gets what a transfer has read too much, and a sink. */
abstract class HeldFixture {
    final EmbeddedChannel source = new EmbeddedChannel();
    final EmbeddedChannel sink = new EmbeddedChannel();
    final StringBuilder received = new StringBuilder();

    /** Reads within each message, or has to be asked by the test. */
    final class Receiver extends ChannelInboundHandlerAdapter {
        private final boolean asks;

        Receiver(boolean asks) {
            this.asks = asks;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            Object meant = LimitedBytes.unwrap(message);
            received.append(meant instanceof ByteBuf bytes ? bytes.toString(StandardCharsets.US_ASCII) : meant)
                    .append(' ');
            ReferenceCountUtil.release(meant);
            if (asks) {
                ctx.read();
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            received.append(event).append(' ');
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            received.append(". ");
        }
    }

    void fireRead(String message) {
        source.pipeline().fireChannelRead(Unpooled.copiedBuffer(message, StandardCharsets.US_ASCII));
    }

    void end(String expected) {
        assertEquals(expected, received.toString());
        source.finishAndReleaseAll();
        sink.finishAndReleaseAll();
    }
}
