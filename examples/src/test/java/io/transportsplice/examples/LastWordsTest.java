// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import org.junit.jupiter.api.Test;

class LastWordsTest {
    private final FuzzedChannel client = new FuzzedChannel();
    private final Slow slow = new Slow();

    /** A socket that is full. */
    private static final class Slow extends ChannelOutboundHandlerAdapter {
        private ChannelPromise last;

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            last = promise;
        }
    }

    private void say() {
        client.pipeline().addFirst(slow);
        LastWords.say(client, Unpooled.EMPTY_BUFFER);
    }

    /** Or what waits before them would be cut short, and look whole. */
    @Test
    void shouldNotCloseBeforeTheyAreWrittenThoughTheClientEnds() {
        say();
        client.endInput();
        assertTrue(client.isOpen());
        slow.last.setSuccess();
        assertFalse(client.isOpen());
    }

    @Test
    void shouldCloseWhenTheyAreWrittenAndTheClientEnds() {
        say();
        slow.last.setSuccess();
        assertTrue(client.isOpen());
        client.endInput();
        assertFalse(client.isOpen());
    }
}
