// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.PendingWriteQueue;
import io.netty.handler.ssl.SslHandler;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.FarEnd.End;
import io.transportsplice.testing.FarEnd.Received;
import io.transportsplice.testing.LoopHold;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Side;
import io.transportsplice.testing.Tls;
import io.transportsplice.testing.TlsPeer;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** One direction of TLS ends, and the other goes on, or cannot. */
@ExtendWith(Baseline.class)
@Timeout(120)
class TlsHalfCloseTest {
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    /** Not on stock Netty 4.2.18: it loses the registration of a channel that is half closed. */
    private static final Mode[] MODES = {Mode.AUTO, Mode.SPLICE, Mode.COPY};

    private record Setup(Mode mode, boolean wrapped) {}

    private static List<Setup> setups(Mode... modes) {
        return Stream.of(modes)
                .flatMap(mode -> Stream.of(new Setup(mode, false), new Setup(mode, true)))
                .toList();
    }

    private static Rig rig(Setup setup, Tls tls) {
        return new Rig(setup.mode).configure(c -> c.pipeline(tls::addTo).wrapped(setup.wrapped));
    }

    /** TCP's FIN comes much later than TLS's end. */
    @ParameterizedTest
    @CsvSource({"FRONT, true", "BACK, false", "BOTH, true", "BOTH, false"})
    void shouldGoOnGivingToWhoHasSentItsCloseNotify(Tls tls, boolean up) throws Exception {
        for (Setup setup : setups(MODES)) {
            try (Rig rig = rig(setup, tls)) {
                TlsLink link = TlsLink.open(rig, tls, up);
                link.source().send(link.pattern(), 0, 100 * KIB);
                ((TlsPeer) link.source()).closeNotify();
                assertEquals(new Received(100 * KIB, End.WHOLE), link.sink().receiveToEnd(link.pattern(), 0));
                Future<?> answer = rig.async(() -> {
                    link.sink().send(link.pattern(), 0, 3 * MIB);
                    link.sink().finish();
                });
                assertEquals(new Received(3 * MIB, End.WHOLE), link.source().receiveToEnd(link.pattern(), 0));
                Rig.await(answer);
                rig.relay().awaitNoChannels();
            }
        }
    }

    /** Whoever sends what TLS 1.2 takes no more, behind a close_notify, is not to believe that it has arrived. */
    @ParameterizedTest
    @CsvSource({"FRONT_12, true, SPLICE", "FRONT_12, true, PLAIN", "BACK_12, false, AUTO", "BACK_12, false, COPY"})
    void shouldResetWhoSendsWhatTls12TakesNoMore(Tls tls, boolean up, Mode mode) throws Exception {
        for (Setup setup : setups(mode)) {
            try (Rig rig = rig(setup, tls)) {
                TlsLink link = TlsLink.open(rig, tls, up);
                link.source().send(link.pattern(), 0, 100 * KIB);
                ((TlsPeer) link.source()).closeNotify();
                assertEquals(new Received(100 * KIB, End.WHOLE), link.sink().receiveToEnd(link.pattern(), 0));
                Rig.awaitFailure(rig.async(() -> link.sink().send(link.pattern(), 0, Long.MAX_VALUE)));
                assertEquals(0, link.source().receiveToEnd(link.pattern(), 0).bytes());
                rig.relay().awaitNoChannels();
            }
        }
    }

    /** The same, where the bytes and their end come at once: the end must not hide that the bytes were not taken. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY", "PLAIN"})
    void shouldNotTakeTheEndOfWhatTls12TakesNoMoreForAWholeStream(Mode mode) throws Exception {
        for (Tls tls : List.of(Tls.FRONT_12, Tls.BACK_12)) {
            for (Setup setup : setups(mode)) {
                try (Rig rig = rig(setup, tls)) {
                    TlsLink link = TlsLink.open(rig, tls, tls == Tls.FRONT_12);
                    RelayHandler relay = link.sourceRelay();
                    ((TlsPeer) link.source()).closeNotify();
                    assertEquals(new Received(0, End.WHOLE), link.sink().receiveToEnd(link.pattern(), 0));
                    LoopHold.whileHeld(link.sourceLoop(), () -> {
                        link.sink().send(link.pattern(), 0, 6);
                        link.sink().finish();
                    });
                    assertEquals(
                            0, link.source().receiveToEnd(link.pattern(), 0).bytes());
                    rig.relay().awaitNoChannels();
                    assertEquals(RelayEnd.FAILED, relay.end());
                }
            }
        }
    }

    /** The same, while those bytes are under way: some arrive, and then they do not. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY", "PLAIN"})
    void shouldResetWhoStreamsToAClientOfTls12ThatEnds(Mode mode) throws Exception {
        for (Setup setup : setups(mode)) {
            try (Rig rig = rig(setup, Tls.FRONT_12)) {
                TlsLink link = TlsLink.open(rig, Tls.FRONT_12, false);
                Future<?> sending = rig.async(() -> link.source().send(link.pattern(), 0, Long.MAX_VALUE));
                link.sink().receive(link.pattern(), 0, MIB);
                ((TlsPeer) link.sink()).closeNotify();
                link.sink().receiveToEnd(link.pattern(), MIB);
                Rig.awaitFailure(sending);
                rig.relay().awaitNoChannels();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"FRONT, true", "FRONT, false", "BACK, true", "BOTH, false", "FRONT_12, false", "BACK_12, true"})
    void shouldTellASlowReaderAll(Tls tls, boolean up) throws Exception {
        for (Setup setup : setups(MODES)) {
            try (Rig rig = rig(setup, tls).smallBuffers()) {
                TlsLink link = TlsLink.open(rig, tls, up);
                link.carryToEnd(0, MIB, TimeUnit.MICROSECONDS.toNanos(500));
                link.sink().finish();
                assertEquals(new Received(0, End.WHOLE), link.source().receiveToEnd(link.pattern(), 0));
                rig.relay().awaitNoChannels();
            }
        }
    }

    /** What it takes until it sees that is not all, but what it got is right. */
    @ParameterizedTest
    @CsvSource({"FRONT, true", "FRONT, false", "BACK, true", "BACK_12, true"})
    void shouldTellASlowReaderOfACut(Tls tls, boolean up) throws Exception {
        for (Setup setup : setups(MODES)) {
            try (Rig rig = rig(setup, tls).smallBuffersOfPeers()) {
                TlsLink link = TlsLink.open(rig, tls, up);
                link.source().send(link.pattern(), 0, 64 * KIB);
                rig.relay().awaitRest();
                link.source().peer().reset();
                Received received = link.sink().receiveToEnd(link.pattern(), 0, TimeUnit.MILLISECONDS.toNanos(1));
                assertEquals(new Received(64 * KIB, End.RESET), received);
                rig.relay().awaitNoChannels();
            }
        }
    }

    /** SslHandler's close() gives its close_notify some seconds, and then ends the stream without it. */
    @Test
    void shouldWaitForTheCloseNotifyHoweverLongItTakes() throws Exception {
        AtomicReference<Held> held = new AtomicReference<>();
        Tls tls = Tls.FRONT;
        try (Rig rig = new Rig(Mode.SPLICE)) {
            rig.configure(c -> c.pipeline((side, pipeline) -> addImpatientTls(tls, side, pipeline, held)));
            TlsLink link = TlsLink.open(rig, tls, true);
            link.carryToEnd(0, MIB, 0); // the other direction is the first to end
            link.sink().send(link.pattern(), 0, 100 * KIB);
            link.source().receive(link.pattern(), 0, 100 * KIB);
            held.get().hold();
            link.sink().finish();
            Await.until("the close_notify is held", held.get()::holds);
            Await.pause(TimeUnit.MILLISECONDS.toNanos(200)); // far more than it is given
            held.get().letGo();
            assertEquals(new Received(100 * KIB, End.WHOLE), link.source().receiveToEnd(link.pattern(), 100 * KIB));
            rig.relay().awaitNoChannels();
        }
    }

    private static void addImpatientTls(Tls tls, Side side, ChannelPipeline pipeline, AtomicReference<Held> held) {
        if (tls.isOn(side)) {
            SslHandler handler = tls.handler(side);
            handler.setCloseNotifyFlushTimeoutMillis(20);
            held.set(new Held());
            pipeline.addLast(held.get(), handler);
        }
    }

    /** Stands for a kernel that takes nothing for a while. */
    private static final class Held extends ChannelOutboundHandlerAdapter {
        private ChannelHandlerContext ctx;
        private PendingWriteQueue queue;
        private volatile boolean holding;
        private volatile boolean some;

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            ctx = context;
        }

        void hold() {
            ctx.executor().submit(() -> queue = new PendingWriteQueue(ctx)).syncUninterruptibly();
            holding = true;
        }

        boolean holds() {
            return some;
        }

        void letGo() {
            ctx.executor()
                    .submit(() -> {
                        holding = false;
                        queue.removeAndWriteAll();
                        ctx.flush();
                    })
                    .syncUninterruptibly();
        }

        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            if (holding && ((ByteBuf) message).isReadable()) {
                queue.add(message, promise);
                some = true;
            } else {
                context.write(message, promise);
            }
        }
    }
}
