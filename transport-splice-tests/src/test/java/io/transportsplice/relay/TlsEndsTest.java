// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.netty.channel.ChannelPipeline;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.FarEnd;
import io.transportsplice.testing.FarEnd.End;
import io.transportsplice.testing.FarEnd.Received;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Side;
import io.transportsplice.testing.TestRelayConfig;
import io.transportsplice.testing.Tls;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A relay that terminates TLS, on either side or both, wherever the splice handler stands and whatever its policy: a whole
 * stream arrives whole, with its close_notify and its FIN, and one that was cut is reset, and never looks whole.
 */
@ExtendWith(Baseline.class)
@Timeout(120)
class TlsEndsTest {
    private static final long BYTES = 300_000;
    private static final long BACK = 40_000;

    /** Where the splice handler stands. */
    enum Splice {
        FIRST_ON_BOTH,
        FIRST_BEFORE_TLS,
        FIRST_ON_THE_OTHER_SIDE,
        BEHIND_TLS,
        NOWHERE;

        /** With TLS on both sides there is no other side. */
        boolean isSomewhereElse(Tls tls) {
            return this != FIRST_ON_THE_OTHER_SIDE || !(tls.isOn(Side.FRONT) && tls.isOn(Side.BACK));
        }

        boolean isFirst(boolean tls) {
            return this == FIRST_ON_BOTH
                    || (tls && this == FIRST_BEFORE_TLS)
                    || (!tls && this == FIRST_ON_THE_OTHER_SIDE);
        }
    }

    record Setup(Tls tls, Splice splice, Mode mode, boolean wrapped) {
        Rig rig() {
            return new Rig(mode)
                    .configure(c -> c.withoutSpliceHandler()
                            .wrapped(wrapped)
                            .pipeline((side, pipeline) -> assemble(c, side, pipeline)));
        }

        private void assemble(TestRelayConfig config, Side side, ChannelPipeline pipeline) {
            if (isSpliceFirst(side)) {
                pipeline.addFirst(new EpollSpliceHandler(config.options()));
            }
            tls.addTo(side, pipeline);
            if (splice == Splice.BEHIND_TLS && tls.isOn(side)) {
                pipeline.addLast(new EpollSpliceHandler(config.options()));
            }
        }

        boolean isSpliceFirst(Side side) {
            return splice.isFirst(tls.isOn(side));
        }
    }

    /** Of 1.2, whose ends are the same but for one rule, fewer. */
    static Stream<Setup> setups() {
        return Stream.of(Tls.FRONT, Tls.BACK, Tls.BOTH, Tls.FRONT_12, Tls.BACK_12, Tls.BOTH_12)
                .flatMap(tls -> Stream.of(Splice.values())
                        .filter(splice -> splice.isSomewhereElse(tls))
                        .flatMap(splice -> modes(tls, splice)
                                .flatMap(mode -> Stream.of(false, true)
                                        .filter(wrapped -> !(wrapped && (tls.is12() || mode == Mode.COPY)))
                                        .map(wrapped -> new Setup(tls, splice, mode, wrapped)))));
    }

    private static Stream<Mode> modes(Tls tls, Splice splice) {
        if (splice == Splice.NOWHERE) {
            return Stream.of(Mode.PLAIN);
        }
        return tls.is12() ? Stream.of(Mode.AUTO) : Stream.of(Mode.AUTO, Mode.SPLICE, Mode.COPY);
    }

    @ParameterizedTest
    @MethodSource("setups")
    void shouldTellWholeFromCut(Setup setup) throws Exception {
        try (Rig rig = setup.rig()) {
            for (boolean up : new boolean[] {true, false}) {
                whole(TlsLink.open(rig, setup.tls, up), setup);
                reset(TlsLink.open(rig, setup.tls, up));
                timeout(TlsLink.open(rig, setup.tls, up));
                if (setup.tls.isOn(up ? Side.FRONT : Side.BACK)) {
                    truncated(TlsLink.open(rig, setup.tls, up));
                }
            }
            shutdown(TlsLink.open(rig, setup.tls, true), setup);
        }
    }

    private static void whole(TlsLink link, Setup setup) throws Exception {
        link.carryToEnd(0, BYTES, 0);
        long back = setup.tls.is12() ? 0 : BACK; // 1.2 takes nothing behind a close_notify
        Future<?> answer = link.rig().async(() -> {
            link.sink().send(link.pattern(), 0, back);
            link.sink().finish();
        });
        assertEquals(new Received(back, End.WHOLE), link.source().receiveToEnd(link.pattern(), 0));
        Rig.await(answer);
        link.rig().relay().awaitNoChannels();
    }

    private static void reset(TlsLink link) throws Exception {
        link.carry(0, BYTES);
        link.source().peer().reset();
        assertEquals(new Received(BYTES, End.RESET), link.sink().receiveToEnd(link.pattern(), BYTES));
        link.rig().relay().awaitNoChannels();
    }

    private static void truncated(TlsLink link) throws Exception {
        link.carry(0, BYTES);
        link.source().peer().halfClose();
        expectBothReset(link);
    }

    /** As the watch does it when the time is over; whether it is over is another test's. */
    private static void timeout(TlsLink link) throws Exception {
        link.carry(0, BYTES);
        RelayHandler relay = link.sourceRelay();
        link.rig().relay().lastPair().front().eventLoop().execute(relay::timedOut);
        expectBothReset(link);
    }

    private static void expectBothReset(TlsLink link) throws Exception {
        assertEquals(new Received(BYTES, End.RESET), link.sink().receiveToEnd(link.pattern(), BYTES));
        assertEquals(new Received(0, End.RESET), link.source().receiveToEnd(link.pattern(), 0));
        link.rig().relay().awaitNoChannels();
    }

    /** Who has the splice handler first is told of it, and sees to it that both are reset, if the other is still there. */
    private static void shutdown(TlsLink link, Setup setup) throws Exception {
        link.carry(0, BYTES);
        link.rig().relay().close();
        expectCut(link.source(), link, 0, setup.isSpliceFirst(Side.FRONT), setup.tls.isOn(Side.FRONT));
        expectCut(link.sink(), link, BYTES, setup.isSpliceFirst(Side.BACK), setup.tls.isOn(Side.BACK));
    }

    private static void expectCut(FarEnd end, TlsLink link, long from, boolean told, boolean tls) {
        Received received = end.receiveToEnd(link.pattern(), from);
        assertEquals(from, received.bytes());
        if (told) {
            assertEquals(End.RESET, received.end());
        } else if (tls) {
            assertNotEquals(End.WHOLE, received.end());
        }
    }
}
