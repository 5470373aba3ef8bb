// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The order in which a source's own pipeline gets what a transfer has read too much. */
class HeldOrderTest extends HeldFixture {
    /** Makes two messages of each. */
    private static final class Halver extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            ByteBuf half = bytes.readRetainedSlice(bytes.readableBytes() / 2);
            ctx.fireChannelRead(half);
            ctx.fireChannelRead(bytes);
        }
    }

    /** One byte is transferred, of three messages. */
    private void transfer(Receiver receiver) {
        source.config().setAutoRead(false);
        source.pipeline().addLast(new EpollSpliceHandler(), receiver);
        EpollSplice.spliceTo(source, sink, 1);
        for (String message : List.of("123", "4567", "89ab")) {
            fireRead(message);
            source.pipeline().fireChannelReadComplete();
        }
        source.runPendingTasks();
        addHalver();
    }

    private void addHalver() {
        source.pipeline()
                .addAfter(source.pipeline().context(EpollSpliceHandler.class).name(), null, new Halver());
    }

    @Test
    void shouldKeepItThoughAHandlerMakesSeveralMessagesOfOne() {
        transfer(new Receiver(true));
        source.read();
        end("2 3 . 45 67 . 89 ab . ");
    }

    @Test
    void shouldGiveOneForEachRead() {
        transfer(new Receiver(false));
        source.read();
        source.read();
        assertEquals("2 3 . 45 67 . ", received.toString());
        source.read();
        end("2 3 . 45 67 . 89 ab . ");
    }

    /** Such as an SslHandler, which could not decode what it has decoded. */
    @Test
    void shouldShowAHandlerNoMessageTwice() {
        source.config().setAutoRead(false);
        source.pipeline().addLast(new EpollSpliceHandler(), new Receiver(false));
        EpollSplice.spliceTo(source, sink).cancel(false);
        source.runPendingTasks();
        addHalver();
        fireRead("1234");
        source.pipeline().fireChannelReadComplete();
        assertEquals("", received.toString());
        source.read();
        source.read();
        end("12 34 . ");
    }

    /** As it would have, without the transfer. */
    @Test
    void shouldTellOfTheEndOfTlsBehindTheLastMessage() {
        transfer(new Receiver(false));
        source.pipeline().fireUserEventTriggered(SslCloseCompletionEvent.SUCCESS);
        source.read();
        source.read();
        assertEquals("2 3 . 45 67 . ", received.toString());
        source.read();
        end("2 3 . 45 67 . 89 ab . SslCloseCompletionEvent(SUCCESS) ");
    }

    /** Within the message of which a limit has had a part: the rest of that comes first. */
    @Test
    void shouldKeepItWhereATransferBeginsBehindALimit() {
        source.config().setAutoRead(false);
        EpollSpliceHandler handler = new EpollSpliceHandler();
        source.pipeline().addLast(handler, new Receiver(true));
        EpollSplice.spliceTo(source, sink, 1)
                .addListener(done -> handler.limit(1).addListener(passed -> EpollSplice.spliceTo(source, sink, 3)));
        for (String message : List.of("123", "4567", "89ab")) {
            fireRead(message);
            source.pipeline().fireChannelReadComplete();
        }
        source.runPendingTasks();
        source.read();
        source.runPendingTasks();
        assertEquals("1345", sent());
        end("2 . 67 . 89ab . ");
    }

    /** The same where a handler came between. */
    @Test
    void shouldKeepItBehindAHandlerThatCameBetween() {
        source.config().setAutoRead(false);
        EpollSpliceHandler handler = new EpollSpliceHandler();
        source.pipeline().addLast(handler, new Receiver(true));
        EpollSplice.spliceTo(source, sink).cancel(false);
        source.runPendingTasks();
        source.pipeline().addAfter(source.pipeline().context(handler).name(), null, new ChannelInboundHandlerAdapter());
        fireRead("1234");
        source.pipeline().fireChannelReadComplete();
        handler.limit(1).addListener(passed -> EpollSplice.spliceTo(source, sink, 2));
        source.read();
        source.runPendingTasks();
        assertEquals("23", sent());
        end("1 . 4 . ");
    }

    /** By a transfer that has got its own, and has not written it. */
    @Test
    void shouldTellThatAPartIsCompleteThoughTheRestIsHeld() {
        source.config().setAutoRead(false);
        EpollSpliceHandler handler = new EpollSpliceHandler();
        source.pipeline().addLast(handler, new Receiver(false));
        sink.pipeline().addLast(new ChannelOutboundHandlerAdapter() {
            @Override
            public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
                ReferenceCountUtil.release(message);
            }
        });
        EpollSplice.spliceTo(source, sink).cancel(false);
        source.runPendingTasks();
        fireRead("1234");
        source.pipeline().fireChannelReadComplete();
        handler.limit(1).addListener(passed -> EpollSplice.spliceTo(source, sink, 2));
        source.read();
        end("1 . ");
    }

    private String sent() {
        StringBuilder sent = new StringBuilder();
        for (ByteBuf bytes = sink.readOutbound(); bytes != null; bytes = sink.readOutbound()) {
            sent.append(bytes.toString(StandardCharsets.US_ASCII));
            bytes.release();
        }
        return sent.toString();
    }

    /** Nobody reads for it, and nothing is before it any more. */
    @Test
    void shouldTellOfAnEndWhoseBytesAnotherTransferHasTaken() {
        source.config().setAutoRead(false);
        source.pipeline().addLast(new EpollSpliceHandler(), new Receiver(false));
        EpollSplice.spliceTo(source, sink, 1);
        fireRead("123");
        source.pipeline().fireUserEventTriggered(SslCloseCompletionEvent.SUCCESS);
        source.pipeline().fireChannelReadComplete();
        assertEquals("", received.toString());
        EpollSplice.spliceTo(source, sink, 2);
        source.runPendingTasks();
        end("SslCloseCompletionEvent(SUCCESS) ");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldGiveAllWhereAutoReadIsOn(boolean asks) {
        transfer(new Receiver(asks));
        source.config().setAutoRead(true);
        end("2 3 . 45 67 . 89 ab . ");
    }
}
