// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledHeapByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A message that is cut at the end of a limit, and another that comes meanwhile. */
class LimitCutTest {
    private final EpollSpliceHandler handler = new EpollSpliceHandler();
    private final StringBuilder received = new StringBuilder();
    private int next;
    private boolean leaves;

    /** Wants the next message within each, which a handler in front has already. */
    private final class Receiver extends ChannelInboundHandlerAdapter {
        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            received.append('.');
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf bytes = (ByteBuf) LimitedBytes.unwrap(message);
            received.append(message instanceof LimitedBytes ? '(' : '[')
                    .append(bytes.toString(StandardCharsets.US_ASCII))
                    .append(message instanceof LimitedBytes ? ')' : ']');
            bytes.release();
            if (next > 0) {
                handler.limit(next);
            }
            next = 0;
            if (leaves) {
                leaves = false;
                ctx.pipeline().remove(handler);
            }
            ctx.read();
        }
    }

    /** Gives a message when it is asked, and completes each. */
    private static final class Front extends ChannelOutboundHandlerAdapter {
        private final Queue<String> messages = new ArrayDeque<>(List.of("abcd", "ef", "gh"));

        @Override
        public void read(ChannelHandlerContext ctx) {
            String message = messages.poll();
            if (message != null) {
                ctx.fireChannelRead(Unpooled.copiedBuffer(message, StandardCharsets.US_ASCII));
                ctx.fireChannelReadComplete();
            }
        }
    }

    /** Who waits for the end of a read, to flush, must not get it before the read's last message. */
    @Test
    void shouldCompleteNoReadBeforeItsMessage() {
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.config().setAutoRead(false);
        channel.pipeline().addLast(new Front(), handler, new Receiver());
        handler.limit(2);
        channel.read();
        assertEquals("(ab)[cd][ef].[gh]..", received.toString());
        channel.finishAndReleaseAll();
    }

    private void receive(int limit, String... messages) {
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.config().setAutoRead(false);
        channel.pipeline().addLast(new FlowControlHandler(), handler, new Receiver());
        for (String message : messages) {
            channel.writeInbound(Unpooled.copiedBuffer(message, StandardCharsets.US_ASCII));
        }
        handler.limit(limit);
        for (int i = 0; i <= messages.length; i++) {
            channel.read();
        }
        channel.finishAndReleaseAll();
    }

    /** Of which Netty tells later, where listeners are nested deep. */
    @Test
    void shouldEndWhenItIsCancelled() {
        EmbeddedChannel channel = new EmbeddedChannel(handler, new Receiver());
        Future<Long> limit = handler.limit(2);
        NestedListeners.run(channel.eventLoop(), () -> {
            limit.cancel(false);
            channel.pipeline().fireChannelRead(Unpooled.copiedBuffer("abcd", StandardCharsets.US_ASCII));
        });
        assertEquals("[abcd]", received.toString());
        channel.finishAndReleaseAll();
    }

    @Test
    void shouldKeepTheOrder() {
        receive(2, "abcd", "ef", "gh");
        assertEquals("(ab)[cd][ef][gh]", received.toString());
    }

    @Test
    void shouldKeepTheOrderThoughTheHandlerIsRemovedWithin() {
        leaves = true;
        receive(2, "abcd", "ef", "gh");
        assertEquals("(ab)[cd][ef][gh]", received.toString());
    }

    @Test
    void shouldBeRefusedWhileItsHandlerIsRemoved() {
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        List<Throwable> thrown = new ArrayList<>();
        handler.limit(2)
                .addListener(done -> thrown.add(assertThrows(IllegalStateException.class, () -> handler.limit(2))));
        channel.pipeline().remove(handler);
        assertEquals(1, thrown.size());
        channel.finishAndReleaseAll();
    }

    @Test
    void shouldBeRefusedOfAHandlerThatIsInNoPipeline() {
        assertTellsOfItsPipeline("in a pipeline");
        EmbeddedChannel channel = new EmbeddedChannel(handler, new Receiver());
        channel.pipeline().remove(handler);
        assertTellsOfItsPipeline("removed");
        channel.pipeline().fireChannelRead(Unpooled.copiedBuffer("abcd", StandardCharsets.US_ASCII));
        assertEquals("[abcd]", received.toString());
        channel.finishAndReleaseAll();
    }

    private void assertTellsOfItsPipeline(String expected) {
        String told = assertThrows(IllegalStateException.class, () -> handler.limit(1))
                .getMessage();
        assertTrue(told.contains(expected), told);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE})
    void shouldBeRefusedBelowZero(long bytes) {
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        String told = assertThrows(IllegalArgumentException.class, () -> handler.limit(bytes))
                .getMessage();
        assertTrue(told.matches("bytes ?: " + bytes + " \\(expected: .+"), told);
        channel.finishAndReleaseAll();
    }

    /** Which goes on as a whole then. */
    @Test
    void shouldFailWhereThereIsNoMemoryToCutAMessage() {
        OutOfMemoryError error = new OutOfMemoryError("made by a test");
        ByteBuf uncut = new UnpooledHeapByteBuf(UnpooledByteBufAllocator.DEFAULT, 4, 4) {
            @Override
            public ByteBuf readRetainedSlice(int length) {
                throw error;
            }
        };
        EmbeddedChannel channel = new EmbeddedChannel(handler, new Receiver());
        Future<Long> limit = handler.limit(2);
        channel.pipeline().fireChannelRead(uncut.writeBytes("abcd".getBytes(StandardCharsets.US_ASCII)));
        assertEquals(error, limit.cause());
        assertEquals("[abcd]", received.toString());
        channel.finishAndReleaseAll();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5})
    void shouldKeepTheOrderThoughAnotherLimitIsSetWithin(int second) {
        next = second;
        receive(2, "abcd", "ef", "gh");
        assertEquals(
                List.of(
                                "(ab)(c)[d][ef][gh]",
                                "(ab)(cd)[ef][gh]",
                                "(ab)(cd)(e)[f][gh]",
                                "(ab)(cd)(ef)[gh]",
                                "(ab)(cd)(ef)(g)[h]")
                        .get(second - 1),
                received.toString());
    }
}
