// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.util.ReferenceCountUtil;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Carriage;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.Side;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Buffers that have several owners, that are held, or that leave by another channel than they were written to. */
@ExtendWith(Baseline.class)
@Timeout(60)
class SharedBuffersTest {
    private static final int KIB = 1024;
    private static final int BYTES = 16 * 1024 * KIB;
    private static final int CHUNK = 64 * KIB;

    private final Pattern pattern = new Pattern(1);

    /** One of them takes nothing until the others have had all. In turn, each is flushed before the next is written. */
    @ParameterizedTest
    @CsvSource({
        "AUTO, false, 0",
        "SPLICE, false, 0",
        "COPY, false, 0",
        "PLAIN, false, 0",
        "AUTO, true, 0",
        "AUTO, true, 1",
        "AUTO, true, 2",
        "SPLICE, true, 0",
        "SPLICE, true, 1",
        "SPLICE, true, 2",
        "PLAIN, true, 2"
    })
    void shouldBroadcastToThreeSinks(Mode mode, boolean inTurn, int blocked) throws Exception {
        try (Rig rig = new Rig(mode);
                Fan fan = new Fan(rig, 3, sinks -> new Broadcast(sinks, inTurn))) {
            Future<?> sending = sendToEnd(rig, fan);
            Future<Received> one =
                    rig.asyncResult(() -> fan.sinkEnd((blocked + 1) % 3).receiveToEnd(pattern, 0));
            expectAll(fan.sinkEnd((blocked + 2) % 3));
            Link.expect(new Received(BYTES, End.EOF), Rig.await(one));
            expectAll(fan.sinkEnd(blocked));
            Rig.await(sending);
        }
    }

    private static final class Broadcast extends ChannelInboundHandlerAdapter {
        private final List<Channel> sinks;
        private final boolean inTurn;

        Broadcast(List<Channel> sinks, boolean inTurn) {
            this.sinks = sinks;
            this.inTurn = inTurn;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            for (Channel sink : sinks) {
                sink.write(bytes.retainedDuplicate());
                if (inTurn) {
                    sink.flush();
                }
            }
            bytes.release();
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            sinks.forEach(Channel::flush);
        }
    }

    /** As most handlers do: it has another owner until the flush is over. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE"})
    void shouldSpliceWhatItsReaderReleasesBehindTheFlush(Mode mode) throws Exception {
        Carriage carriage = new Carriage();
        try (Rig rig = new Rig(mode);
                Fan fan = new Fan(rig, 1, sinks -> new Releasing(sinks.get(0)))) {
            Future<?> sending = sendToEnd(rig, fan);
            expectAll(fan.sinkEnd(0));
            Rig.await(sending);
            carriage.awaitAtLeast(BYTES / 2);
        }
    }

    private static final class Releasing extends SimpleChannelInboundHandler<ByteBuf> {
        private final Channel sink;

        Releasing(Channel sink) {
            this.sink = sink;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, ByteBuf message) {
            sink.writeAndFlush(message.retain());
        }
    }

    /** What becomes of a write to the first of two sinks. */
    private enum Mishap {
        CANCELLED,
        CLOSED,
        REDIRECTED,
        REDIRECTED_IN_FRONT;

        /** Both have the message. */
        void happen(ByteBuf message, Channel first, Channel second) {
            boolean shared = this == CANCELLED || this == CLOSED;
            ChannelPromise promise = first.newPromise();
            first.write(shared ? message.retain() : message, promise);
            if (this == CANCELLED) {
                promise.cancel(false);
            } else if (this == CLOSED) {
                first.close();
            }
            first.flush();
            if (shared) {
                second.writeAndFlush(message);
            }
        }

        void prepare(Channel first, Channel second) {
            if (this == REDIRECTED) {
                first.pipeline().addLast(new Redirect(second));
            } else if (this == REDIRECTED_IN_FRONT) {
                first.pipeline().addFirst(new Redirect(second));
            }
        }
    }

    private static Stream<Arguments> mishaps() {
        return Stream.of(Mode.AUTO, Mode.SPLICE, Mode.COPY)
                .flatMap(mode -> Stream.of(Mishap.values()).map(mishap -> Arguments.of(mode, mishap)));
    }

    @ParameterizedTest
    @MethodSource("mishaps")
    void shouldReachTheOtherSinkAndNotTheFirst(Mode mode, Mishap mishap) throws Exception {
        try (Rig rig = new Rig(mode);
                Fan fan = new Fan(rig, 2, sinks -> {
                    mishap.prepare(sinks.get(0), sinks.get(1));
                    return new Inbound((ctx, message) -> mishap.happen(message, sinks.get(0), sinks.get(1)));
                })) {
            Future<?> sending = sendToEnd(rig, fan);
            expectAll(fan.sinkEnd(1));
            Rig.await(sending);
            Link.expect(new Received(0, End.EOF), fan.sinkEnd(0).receiveToEnd(pattern, 0));
        }
    }

    private static final class Redirect extends ChannelOutboundHandlerAdapter {
        private final Channel other;

        Redirect(Channel other) {
            this.other = other;
        }

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            other.write(message);
            promise.trySuccess();
        }

        @Override
        public void flush(ChannelHandlerContext ctx) {
            other.flush();
            ctx.flush();
        }
    }

    private interface Receiver {
        void receive(ChannelHandlerContext ctx, ByteBuf message);
    }

    private static final class Inbound extends ChannelInboundHandlerAdapter {
        private final Receiver receiver;

        Inbound(Receiver receiver) {
            this.receiver = receiver;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            receiver.receive(ctx, (ByteBuf) message);
        }
    }

    private Future<?> sendToEnd(Rig rig, Fan fan) {
        return rig.async(() -> {
            fan.sourceEnd().send(pattern, 0, BYTES, CHUNK);
            fan.sourceEnd().close();
        });
    }

    private void expectAll(Peer end) {
        Link.expect(new Received(BYTES, End.EOF), end.receiveToEnd(pattern, 0));
    }

    /** Each message comes only when the one before is held: nobody else will let go of it. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY", "PLAIN"})
    void shouldReadOnWhereAHandlerHoldsTwentyMessages(Mode mode) throws Exception {
        Holder holder = new Holder();
        try (Rig rig = new Rig(mode)) {
            rig.configure(config -> config.pipeline((side, pipeline) -> {
                if (side == Side.FRONT) {
                    pipeline.addLast(holder);
                }
            }));
            Link link = rig.link(Route.TCP_TCP_UP);
            link.carry(0, BYTES, CHUNK);
            long sent = BYTES;
            holder.missing.set(Holder.MANY);
            while (holder.missing.get() > 0) {
                link.source().send(link.forward(), sent, sent + CHUNK, CHUNK);
                sent += CHUNK;
                long all = sent;
                Await.until("the holder has " + all, holder.bytes::get, bytes -> bytes == all);
            }
            link.sink().receive(link.forward(), BYTES, sent);
            link.source().halfClose();
            link.expectEndOfForward(sent);
            link.finish();
        }
    }

    private static final class Holder extends ChannelInboundHandlerAdapter {
        static final int MANY = 20;

        final AtomicLong bytes = new AtomicLong();
        private final Queue<Object> held = new ArrayDeque<>();
        /** How many messages it waits for. */
        private final AtomicInteger missing = new AtomicInteger();

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            int size = ((ByteBuf) message).readableBytes();
            held.add(message);
            if (missing.get() == 0 || missing.decrementAndGet() == 0) {
                held.forEach(ctx::fireChannelRead);
                held.clear();
            }
            bytes.addAndGet(size);
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext ctx) {
            held.forEach(ReferenceCountUtil::release);
        }
    }
}
