// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.UnsupportedMessageTypeException;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When a source's own pipeline gets what a transfer has read too much: if it asks, and with its channelReadComplete. */
class HeldReadTest extends HeldFixture {
    /** As the messages were read, which a decoder in front may have made of one. */
    @Test
    void shouldGiveWhatWasReadTogether() {
        source.config().setAutoRead(false);
        source.pipeline().addLast(new EpollSpliceHandler(), new Receiver(false));
        EpollSplice.spliceTo(source, sink, 1);
        fireRead("12");
        fireRead("3");
        source.pipeline().fireChannelReadComplete();
        source.runPendingTasks();
        source.read();
        end("2 3 . ");
    }

    /** Its message is complete for whoever has got it, such as a FlushConsolidationHandler, which keeps flushes until then. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldFlushTheReplyOfWhoBeginsATransfer(boolean bringsItsHandler) {
        if (!bringsItsHandler) {
            source.pipeline().addLast(new EpollSpliceHandler());
        }
        source.pipeline().addLast(new FlushConsolidationHandler(), new Negotiator());
        fireRead("hello");
        source.pipeline().fireChannelReadComplete();
        ByteBuf reply = source.readOutbound();
        assertEquals("granted", reply.toString(StandardCharsets.US_ASCII));
        reply.release();
        end("");
    }

    /** As a FlowControlHandler in front gives what it has. */
    @Test
    void shouldServeAReadThatIsAnsweredWithin() {
        source.config().setAutoRead(false);
        source.pipeline().addLast(new EpollSpliceHandler(), new Receiver(false));
        source.pipeline().addFirst(new FlowControlHandler());
        fireRead("1");
        fireRead("23");
        EpollSplice.spliceTo(source, sink, 1).addListener(done -> source.read());
        source.runPendingTasks();
        end("23 . ");
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

    /** No handler in front need tell of the end of a burst. */
    @Test
    void shouldCompleteABurstThatATransferHasEnded() {
        source.config().setAutoRead(false);
        source.pipeline().addLast(new EpollSpliceHandler(), new Receiver(false));
        fireRead("1");
        EpollSplice.spliceTo(source, sink, 1);
        fireRead("2");
        source.runPendingTasks();
        end("1 . ");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldCompleteWhatIsGivenUnasked(boolean closes) {
        source.config().setAutoRead(false);
        source.pipeline().addLast(new EpollSpliceHandler(), new Receiver(false));
        EpollSplice.spliceTo(source, sink, 1);
        fireRead("12");
        source.pipeline().fireChannelReadComplete();
        if (closes) {
            source.close();
        } else {
            source.pipeline().remove(EpollSpliceHandler.class);
        }
        end("2 . ");
    }

    /** Which takes back what it has asked for. */
    @Test
    void shouldGiveNothingWhereAutoReadIsSwitchedOffBehindATransfer() {
        source.pipeline().addLast(new EpollSpliceHandler(), new Receiver(false));
        EpollSplice.spliceTo(source, sink, 1)
                .addListener(done -> source.config().setAutoRead(false));
        fireRead("12");
        source.pipeline().fireChannelReadComplete();
        source.runPendingTasks();
        assertEquals("", received.toString());
        source.read();
        end("2 . ");
    }

    @Test
    void shouldLeaveItsSourceThoughAnErrorEndsItsBeginning() {
        AssertionError error = new AssertionError("made by a test");
        EmbeddedChannel faulty = new EmbeddedChannel() {
            private boolean isOpened = closeFuture() != null;

            @Override
            public ChannelPipeline pipeline() {
                if (isOpened) {
                    isOpened = false;
                    throw error;
                }
                return super.pipeline();
            }
        };
        source.pipeline().addLast(new EpollSpliceHandler(), new Receiver(false));
        assertEquals(error, EpollSplice.spliceTo(source, faulty).cause());
        source.runPendingTasks();
        fireRead("1");
        source.pipeline().fireChannelReadComplete();
        faulty.finishAndReleaseAll();
        end("1 . ");
    }

    @Test
    void shouldKeepWhatAreNoBytesThoughAnotherTransferFollows() {
        source.config().setAutoRead(false);
        source.pipeline().addLast(new EpollSpliceHandler(), new Receiver(false));
        List<Future<Long>> transfers = new ArrayList<>();
        EpollSplice.spliceTo(source, sink).addListener(done -> transfers.add(EpollSplice.spliceTo(source, sink)));
        source.pipeline().fireChannelRead("decoded");
        assertInstanceOf(UnsupportedMessageTypeException.class, transfers.get(0).cause());
        source.pipeline().fireChannelReadComplete();
        source.runPendingTasks();
        assertEquals("", received.toString());
        source.read();
        end("decoded . ");
    }

    private final class Negotiator extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ReferenceCountUtil.release(message);
            ctx.writeAndFlush(Unpooled.copiedBuffer("granted", StandardCharsets.US_ASCII));
            EpollSplice.spliceTo(source, sink);
        }
    }
}
