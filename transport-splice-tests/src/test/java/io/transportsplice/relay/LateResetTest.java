// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LateResetTest {

    /** As a traffic shaper does with what it holds of a channel that is closed. */
    private static final class Forgetful extends ChannelOutboundHandlerAdapter {
        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            ReferenceCountUtil.release(message);
        }
    }

    @Test
    void shouldNotWatchAChannelThatIsClosed() {
        EmbeddedChannel channel = new EmbeddedChannel(new Forgetful());
        LateReset.onceDelivered(channel);
        assertTrue(channel.runScheduledPendingTasks() >= 0, "it waits for what is held back");
        channel.unsafe().close(channel.unsafe().voidPromise());
        channel.advanceTimeBy(1, TimeUnit.SECONDS);
        assertEquals(-1, channel.runScheduledPendingTasks());
    }
}
