// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LastWordsTest {
    private final FuzzedChannel client = new FuzzedChannel();
    private final Slow slow = new Slow();
    private final AtomicInteger unsent = new AtomicInteger();

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
        LastWords.say(client, Unpooled.EMPTY_BUFFER, unsent::get);
    }

    private boolean isOpenAfter(int seconds) {
        client.advanceTimeBy(seconds, TimeUnit.SECONDS);
        client.runScheduledPendingTasks();
        return client.isOpen();
    }

    /** What the kernel has is not what the client has. */
    @Test
    void shouldNotCloseWhileTheClientTakesWhatWasSent() {
        say();
        slow.last.setSuccess();
        for (int left : new int[] {3, 2, 1, 0}) {
            unsent.set(left);
            assertTrue(isOpenAfter(2));
        }
        assertFalse(isOpenAfter(2));
    }

    @Test
    void shouldCloseOnOneThatTakesNothing() {
        unsent.set(1);
        say();
        slow.last.setSuccess();
        assertTrue(isOpenAfter(2));
        assertFalse(isOpenAfter(2));
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
