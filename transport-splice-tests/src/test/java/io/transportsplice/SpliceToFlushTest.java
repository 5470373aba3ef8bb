// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A transfer flushes what it has written, and asks for more, whoever stands in front of it, and whatever he tells. */
class SpliceToFlushTest extends HeldFixture {
    /** As whoever gives back what he has read may not tell that it is complete. */
    @Test
    void shouldWriteWhatIsGivenBack() {
        source.config().setAutoRead(false);
        source.pipeline().addLast(new EpollSpliceHandler(), new Receiver(false));
        Future<Long> moved = EpollSplice.spliceTo(source, sink, 10);
        fireRead("1");
        source.runPendingTasks();
        ByteBuf sent = sink.readOutbound();
        assertEquals("1", sent.toString(StandardCharsets.US_ASCII));
        sent.release();
        moved.cancel(false);
        end("");
    }

    /** Gives one message for each read(), and tells of no channelReadComplete. */
    private static final class Front extends ChannelDuplexHandler {
        private final Queue<Object> messages = new ArrayDeque<>();
        private boolean isAsked;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            messages.add(message);
            give(ctx);
        }

        @Override
        public void read(ChannelHandlerContext ctx) {
            isAsked = true;
            give(ctx);
        }

        private void give(ChannelHandlerContext ctx) {
            if (isAsked && !messages.isEmpty()) {
                isAsked = false;
                ctx.fireChannelRead(messages.poll());
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {}
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldWriteWhatAHandlerInFrontGives(boolean hasAll) {
        source.config().setAutoRead(false);
        source.pipeline().addLast(new EpollSpliceHandler(), new Receiver(false));
        source.pipeline().addFirst(new Front());
        if (hasAll) {
            List.of("1", "2", "3").forEach(this::fireRead);
        }
        Future<Long> moved = EpollSplice.spliceTo(source, sink, 2);
        if (!hasAll) {
            List.of("1", "2", "3").forEach(this::fireRead);
            source.pipeline().fireChannelReadComplete();
        }
        source.runPendingTasks();
        assertTrue(moved.isSuccess());
        source.read();
        end("3 ");
    }

    /** Who answers a read() with one message, and forgets what is asked for within that. */
    @Test
    void shouldReadOnThoughAHandlerInFrontForgetsWhatItIsAskedWithin() {
        source.config().setAutoRead(false);
        source.pipeline().addLast(new FlowControlHandler(), new EpollSpliceHandler());
        Future<Long> moved = EpollSplice.spliceTo(source, sink, 3);
        for (String message : List.of("1", "2", "3")) {
            fireRead(message);
            source.pipeline().fireChannelReadComplete();
        }
        assertTrue(moved.isSuccess());
        end("");
    }
}
