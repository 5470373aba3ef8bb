// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Carriage;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.Side;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a handler is told of its channel's splicing. */
@ExtendWith(Baseline.class)
@Timeout(60)
class SpliceStateEventTest {
    private static final int MIB = 1024 * 1024;
    private static final int CHUNK = 256 * 1024;
    private static final int WORD = 64;
    /** More than a word, and still no stream. */
    private static final int MIDDLING = 20 * 1024;

    private static final SpliceStateEvent SPLICING = new SpliceStateEvent(true, null);

    private final Told told = new Told();

    @Test
    void shouldComeOnceBeforeTheFirstSplicedMessageAndOnceAtTheEndOfTheInput() throws Exception {
        try (Rig rig = rig(Mode.SPLICE)) {
            Link link = rig.link(Route.TCP_TCP_UP);
            link.carryToEnd(4 * MIB, CHUNK);
            Await.until("told twice", () -> told.events.size() >= 2);
            link.finish();
        }
        assertEquals(List.of(SPLICING, new SpliceStateEvent(false, null)), told.events);
        told.verify();
    }

    @Test
    void shouldTellThatAStreamHasBecomeAChat() throws Exception {
        try (Rig rig = rig(Mode.AUTO)) {
            Link link = rig.link(Route.TCP_TCP_UP);
            long sent = carryUntilSplicing(link);
            while (!told.last(new SpliceStateEvent(false, SpliceFallback.CHATTER))) {
                link.carry(sent, sent + WORD, WORD);
                sent += WORD;
            }
            link.carryToEnd(sent, sent + WORD, WORD);
            link.finish();
        }
        told.verify();
    }

    /** While many buffers are held Netty reads, and then it is asked how much waits. */
    @Test
    void shouldTellThatAStreamHasBecomeAChatWhileSomebodyHoldsWhatCame() throws Exception {
        try (Rig rig = rig(Mode.AUTO)) {
            Link link = rig.link(Route.TCP_TCP_UP);
            long sent = carryUntilSplicing(link);
            long passed = sent;
            told.holds = true;
            while (told.last(SPLICING)) {
                link.source().send(link.forward(), sent, sent + MIDDLING, MIDDLING);
                sent += MIDDLING;
                Await.until("read", told.bytes::get, Predicate.isEqual(sent));
                told.context.executor().submit(() -> {}).sync(); // the event comes in a task
            }
            assertTrue(told.last(new SpliceStateEvent(false, SpliceFallback.CHATTER)), told.events::toString);
            told.context.executor().submit(told::pass).sync();
            link.sink().receive(link.forward(), passed, sent);
            link.carryToEnd(sent, sent + WORD, WORD);
            link.finish();
        }
        told.verify();
    }

    @Test
    void shouldTellThatSomebodyLooks() throws Exception {
        told.looks = true;
        try (Rig rig = rig(Mode.AUTO)) {
            Link link = rig.link(Route.TCP_TCP_UP);
            link.carryToEnd(16 * MIB, CHUNK);
            Await.until("told", () -> told.events.contains(new SpliceStateEvent(false, SpliceFallback.LOOKED_AT)));
            link.finish();
        }
        told.verify();
    }

    @Test
    void shouldTellThatTheHandlerWasRemoved() throws Exception {
        try (Rig rig = rig(Mode.SPLICE)) {
            Link link = rig.link(Route.TCP_TCP_UP);
            link.carry(0, MIB, CHUNK);
            told.context
                    .executor()
                    .submit(() -> told.context.pipeline().remove(EpollSpliceHandler.class))
                    .sync();
            Await.until("told", () -> told.last(new SpliceStateEvent(false, SpliceFallback.HANDLER_REMOVED)));
            link.carryToEnd(MIB, 2 * MIB, CHUNK);
            link.finish();
        }
        assertEquals(2, told.events.size(), told.events::toString);
        told.verify();
    }

    @Test
    void shouldNotComeWhereNothingIsSpliced() throws Exception {
        try (Rig rig = rig(Mode.COPY)) {
            Link link = rig.link(Route.TCP_TCP_UP);
            link.carryToEnd(4 * MIB, CHUNK);
            link.finish();
        }
        assertEquals(List.of(), told.events);
        assertEquals(4 * MIB, told.bytes.get());
    }

    /** Handlers that were there before may know no events but their own. */
    @Test
    void shouldNotComeWhereNobodyAsks() throws Exception {
        Carriage carriage = new Carriage();
        try (Rig rig = rig(Mode.SPLICE, false)) {
            Link link = rig.link(Route.TCP_TCP_UP);
            link.carryToEnd(4 * MIB, CHUNK);
            link.finish();
        }
        carriage.awaitAtLeast(3 * MIB);
        assertEquals(List.of(), told.events);
    }

    private long carryUntilSplicing(Link link) throws Exception {
        long sent = 0;
        while (!told.last(SPLICING)) {
            link.carry(sent, sent + 4 * MIB, CHUNK);
            sent += 4 * MIB;
        }
        return sent;
    }

    private Rig rig(Mode mode) {
        return rig(mode, true);
    }

    private Rig rig(Mode mode, boolean asks) {
        return new Rig(mode)
                .configure(config -> config.options(
                                config.options().toBuilder().stateEvents(asks).build())
                        .pipeline((side, pipeline) -> {
                            if (side == Side.FRONT) {
                                pipeline.addLast(told);
                            }
                        }));
    }

    /** Of the source. */
    private static final class Told extends ChannelInboundHandlerAdapter {
        private final List<SpliceStateEvent> events = new CopyOnWriteArrayList<>();
        private final List<String> mistakes = new CopyOnWriteArrayList<>();
        private volatile ChannelHandlerContext context;
        private final AtomicLong bytes = new AtomicLong();
        private final Queue<Object> held = new ArrayDeque<>();
        private boolean looks;
        private volatile boolean holds;

        boolean last(SpliceStateEvent event) {
            return !events.isEmpty() && events.get(events.size() - 1).equals(event);
        }

        void verify() {
            assertEquals(List.of(), mistakes);
            for (int i = 0; i < events.size(); i++) {
                assertEquals(i % 2 == 0, events.get(i).splicing(), events::toString);
            }
            assertFalse(events.isEmpty());
        }

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            context = ctx;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof SpliceStateEvent state) {
                events.add(state);
                EpollSpliceHandler handler = ctx.pipeline().get(EpollSpliceHandler.class);
                if (handler != null && handler.isSplicing() != state.splicing()) {
                    mistakes.add("the handler does not agree with " + state);
                }
            }
            ctx.fireUserEventTriggered(event);
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof PipeByteBuf && !last(SPLICING)) {
                mistakes.add("spliced after " + events);
            }
            ByteBuf buffer = (ByteBuf) message;
            bytes.addAndGet(buffer.readableBytes());
            if (looks) {
                buffer.getByte(buffer.readerIndex());
            }
            if (holds) {
                held.add(message);
            } else {
                ctx.fireChannelRead(message);
            }
        }

        /** What was held, and whatever comes. */
        void pass() {
            holds = false;
            while (!held.isEmpty()) {
                context.fireChannelRead(held.poll());
            }
            context.fireChannelReadComplete();
        }
    }
}
