// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Carriage;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.TestRelay;
import io.transportsplice.testing.Tls;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Guests that move in while a stream is under way. */
@ExtendWith(Baseline.class)
@Timeout(60)
class MidStreamTest {
    private static final int BYTES = 1024 * 1024;
    private static final int CHUNK = 64 * 1024;
    private static final Guest NOBODY = new Guest("nobody", site -> {});
    private static final Guest TLS = new Guest("STARTTLS", site -> {}).tls();

    private static List<Arguments> upgrades() {
        List<Arguments> upgrades = new ArrayList<>();
        for (Mode mode : List.of(Mode.AUTO, Mode.SPLICE, Mode.COPY)) {
            for (Ends where : Ends.values()) {
                for (boolean first : new boolean[] {true, false}) {
                    upgrades.add(Arguments.of(mode, where, first, false));
                    upgrades.add(Arguments.of(mode, where, first, true));
                }
            }
        }
        upgrades.add(Arguments.of(Mode.PLAIN, Ends.BOTH, true, false));
        upgrades.add(Arguments.of(Mode.PLAIN, Ends.BOTH, true, true));
        return upgrades;
    }

    /** The read that is outstanding came before there was TLS, and TLS reads by itself as long as it shakes hands. */
    @ParameterizedTest
    @MethodSource("upgrades")
    void shouldStartTls(Mode mode, Ends where, boolean first, boolean wrapped) throws Exception {
        startTls(mode, where, first, wrapped, (rig, source, sink) -> {
            Exchange exchange = new Exchange(rig, source, sink, TLS);
            exchange.streamToEnd();
            exchange.end();
        });
    }

    @ParameterizedTest
    @MethodSource("upgrades")
    void shouldPassAResetOnThroughTls(Mode mode, Ends where, boolean first, boolean wrapped) throws Exception {
        startTls(mode, where, first, wrapped, (rig, source, sink) -> {
            Future<GuestEnd.Received> receiving = rig.asyncResult(sink::receiveToEnd);
            source.send(GuestCase.STREAM);
            sink.awaitReceived(GuestCase.STREAM.length);
            source.reset();
            GuestEnd.Received received = Rig.await(receiving);
            Exchange.expectBeginning(GuestCase.STREAM, received);
            assertEquals(GuestCase.STREAM.length, received.bytes().remaining());
            assertEquals(End.RESET, received.end());
        });
    }

    private interface Rest {
        void carry(Rig rig, GuestEnd source, GuestEnd sink) throws Exception;
    }

    private static void startTls(Mode mode, Ends where, boolean first, boolean wrapped, Rest rest) throws Exception {
        try (Rig rig = new Rig(mode)) {
            rig.configure(config -> config.wrapped(wrapped));
            Link link = rig.link(Route.TCP_TCP_UP);
            stream(mode, sent -> link.carry(sent, sent + BYTES, CHUNK));
            stream(mode, sent -> link.carryBack(sent, sent + BYTES, CHUNK));
            rig.awaitPipesHome();
            TestRelay.Pair pair = rig.relay().lastPair();
            for (Ends end : List.of(Ends.SOURCE, Ends.SINK)) {
                Channel channel = end == Ends.SOURCE ? pair.front() : pair.back();
                if (where.include(end)) {
                    channel.eventLoop().submit(() -> moveIn(channel, first)).syncUninterruptibly();
                }
            }
            try (GuestEnd source = GuestEnd.of(link.source(), where.include(Ends.SOURCE) ? TLS : NOBODY);
                    GuestEnd sink = GuestEnd.of(link.sink(), where.include(Ends.SINK) ? TLS : NOBODY)) {
                rest.carry(rig, source, sink);
            }
        }
    }

    private interface Stream {
        void carry(long sent) throws Exception;
    }

    /** Carries bytes until some have been spliced, where they may be. */
    private static void stream(Mode mode, Stream stream) throws Exception {
        Carriage carriage = new Carriage();
        long sent = 0;
        do {
            stream.carry(sent);
            sent += BYTES;
        } while (carriage.spliced() == 0 && (mode == Mode.AUTO || mode == Mode.SPLICE));
    }

    private static void moveIn(Channel channel, boolean first) {
        SslHandler tls = Tls.FRONT.serverContext().newHandler(channel.alloc());
        ChannelHandlerContext splicing = channel.pipeline().context(EpollSpliceHandler.class);
        if (first || splicing == null) {
            channel.pipeline().addFirst(tls);
        } else {
            channel.pipeline().addAfter(splicing.name(), null, tls);
        }
    }

    /** While nobody else wants anything. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY", "PLAIN"})
    void shouldServeAReadInFront(Mode mode) throws Exception {
        Pattern pattern = new Pattern(1);
        Reading reading = new Reading();
        try (Rig rig = new Rig(mode);
                Fan fan = new Fan(rig, 1, sinks -> new Forwarding(sinks.get(0)))) {
            stream(mode, sent -> {
                Future<?> sending = rig.async(() -> fan.sourceEnd().send(pattern, sent, sent + BYTES, CHUNK));
                fan.sinkEnd(0).receive(pattern, sent, sent + BYTES);
                Rig.await(sending);
            });
            Channel source = fan.source();
            source.config().setAutoRead(false);
            source.eventLoop().submit(() -> source.pipeline().addFirst(reading)).syncUninterruptibly();
            fan.sourceEnd().send(pattern, 0, CHUNK, CHUNK);
            Await.until("the bytes come", reading.bytes::get, bytes -> bytes == CHUNK);
        }
    }

    private static final class Forwarding extends ChannelInboundHandlerAdapter {
        private final Channel sink;

        Forwarding(Channel sink) {
            this.sink = sink;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            sink.writeAndFlush(message);
        }
    }

    /** Asks for each message by itself, and keeps it. */
    private static final class Reading extends ChannelInboundHandlerAdapter {
        final AtomicLong bytes = new AtomicLong();

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            ctx.read();
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf buffer = (ByteBuf) message;
            bytes.addAndGet(buffer.readableBytes());
            buffer.release();
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            ctx.read();
        }
    }
}
