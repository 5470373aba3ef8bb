// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.UnsupportedMessageTypeException;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void shouldCompleteWhatIsGivenUnasked(boolean closes, boolean isComplete) {
        source.config().setAutoRead(false);
        source.pipeline().addLast(new EpollSpliceHandler(), new Receiver(false));
        EpollSplice.spliceTo(source, sink, 1);
        fireRead("12");
        if (isComplete) {
            source.pipeline().fireChannelReadComplete();
        }
        if (closes) {
            source.close();
        } else {
            source.pipeline().remove(EpollSpliceHandler.class);
        }
        end("2 . ");
    }

    /** Which was kept: once, and not when the transfer is over at last, whose sink stands still. */
    @ParameterizedTest
    @ValueSource(strings = {"1", "12"})
    void shouldServeAReadWhoseHandlerIsRemoved(String message) {
        AtomicInteger reads = new AtomicInteger();
        source.config().setAutoRead(false);
        source.pipeline().addLast(new EpollSpliceHandler(), new Receiver(false));
        source.pipeline().addFirst(new ChannelOutboundHandlerAdapter() {
            @Override
            public void read(ChannelHandlerContext ctx) {
                reads.incrementAndGet();
                ctx.read();
            }
        });
        AtomicReference<ChannelPromise> written = new AtomicReference<>();
        sink.pipeline().addLast(new ChannelOutboundHandlerAdapter() {
            @Override
            public void write(ChannelHandlerContext ctx, Object bytes, ChannelPromise promise) {
                ReferenceCountUtil.release(bytes);
                written.set(promise);
            }
        });
        EpollSplice.spliceTo(source, sink, 1);
        source.read();
        fireRead(message);
        source.pipeline().fireChannelReadComplete();
        int before = reads.get();
        source.pipeline().remove(EpollSpliceHandler.class);
        boolean isServed = message.length() > 1; // by what was held
        assertEquals(isServed ? before : before + 1, reads.get());
        written.get().setSuccess();
        source.runPendingTasks();
        assertEquals(isServed ? before : before + 1, reads.get());
        end(isServed ? "2 . " : "");
    }

    @Test
    void shouldCountWhatIsGivenAtTheEnd() {
        source.config().setAutoRead(false);
        EpollSpliceHandler handler = new EpollSpliceHandler();
        source.pipeline().addLast(handler, new Receiver(false));
        List<Future<Long>> limits = new ArrayList<>();
        EpollSplice.spliceTo(source, sink, 1).addListener(done -> limits.add(handler.limit(2)));
        fireRead("123");
        source.pipeline().fireChannelReadComplete();
        source.close();
        assertEquals(2L, limits.get(0).getNow());
        end("23 . ");
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

    private static final class FaultyChannel extends EmbeddedChannel {
        private final AssertionError error = new AssertionError("made by a test");
        private boolean failsAtWrite;
        private boolean failsAtPipeline;

        @Override
        public ChannelPipeline pipeline() {
            if (failsAtPipeline) {
                failsAtPipeline = false;
                throw error;
            }
            return super.pipeline();
        }

        @Override
        public ChannelFuture write(Object message) {
            if (failsAtWrite) {
                ReferenceCountUtil.release(message);
                throw error;
            }
            return super.write(message);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldLeaveItsSourceThoughAnErrorEndsItsBeginning(boolean hasBegun) {
        source.config().setAutoRead(false);
        source.pipeline().addLast(new EpollSpliceHandler(), new Receiver(false));
        EpollSplice.spliceTo(source, sink, 1);
        fireRead("123");
        source.pipeline().fireChannelReadComplete();
        FaultyChannel faulty = new FaultyChannel();
        faulty.failsAtPipeline = !hasBegun;
        faulty.failsAtWrite = hasBegun;
        assertEquals(faulty.error, EpollSplice.spliceTo(source, faulty, 1).cause());
        source.runPendingTasks();
        source.read();
        faulty.finishAndReleaseAll();
        end(hasBegun ? "3 . " : "23 . ");
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
