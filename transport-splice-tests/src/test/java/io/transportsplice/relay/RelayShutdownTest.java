// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.EventLoopShutdownListener;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.LoopGroups;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.TestRelay.Pair;
import io.transportsplice.testing.Warnings;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The event loops are shut down: what that cuts short does not look whole, and what is whole stays so. */
@ExtendWith(Baseline.class)
@Timeout(120)
class RelayShutdownTest {
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    static Stream<Arguments> setups() {
        return Stream.of(Mode.AUTO, Mode.SPLICE, Mode.COPY)
                .flatMap(mode -> Stream.of(Arguments.of(mode, false), Arguments.of(mode, true)));
    }

    private static Rig rig(Mode mode, boolean wrapped) {
        return new Rig(mode).configure(c -> c.wrapped(wrapped));
    }

    private static void expectReset(Peer end, long bytes) {
        // the pattern matters only where there are bytes, and those have been received before
        assertEquals(new Received(bytes, End.RESET), end.receiveToEnd(new Pattern(0), bytes));
    }

    private static final class Listener extends ChannelInboundHandlerAdapter implements EventLoopShutdownListener {
        private final Queue<Object> told = new ConcurrentLinkedQueue<>();
        private final boolean fails;

        Listener(boolean fails) {
            this.fails = fails;
        }

        @Override
        public void eventLoopShutsDown(ChannelHandlerContext ctx) {
            told.add("shutdown");
            if (fails) {
                throw new LinkageError("asked for by the test");
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            told.add(event); // Netty fires none then, and somebody may cast
            ctx.fireUserEventTriggered(event);
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            told.add("inactive");
            ctx.fireChannelInactive();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldTellThoseWhoListenAndFireNoEvent(boolean fails) throws Exception {
        Queue<Listener> listeners = new ConcurrentLinkedQueue<>();
        try (Rig rig = rig(Mode.SPLICE, true)
                .configure(c -> c.pipeline((side, pipeline) -> {
                    Listener listener = new Listener(fails);
                    listeners.add(listener);
                    pipeline.addLast(listener); // in front of the relay
                }))) {
            Link link = rig.link(Route.TCP_TCP_UP);
            link.carry(0, MIB, 64 * KIB);
            rig.relay().close();
            expectReset(link.sink(), MIB);
            expectReset(link.source(), 0);
        }
        assertEquals(2, listeners.size());
        for (Listener listener : listeners) {
            assertEquals(List.of("shutdown", "inactive"), List.copyOf(listener.told));
        }
    }

    /** It costs the splicing, and nothing else, where channels are born adopted. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY"})
    void shouldResetBothEndsOfAStreamWithSomebodyElseInFront(Mode mode) throws Exception {
        try (Rig rig = rig(mode, true)
                .configure(c -> c.withoutSpliceHandler()
                        .pipeline((side, pipeline) ->
                                pipeline.addLast(new ChannelDuplexHandler(), new EpollSpliceHandler(c.options()))))) {
            Link link = rig.link(Route.TCP_TCP_UP);
            link.carry(0, MIB, 64 * KIB);
            rig.relay().close();
            expectReset(link.sink(), MIB);
            expectReset(link.source(), 0);
        }
    }

    @ParameterizedTest
    @MethodSource("setups")
    void shouldResetBothEndsOfAStream(Mode mode, boolean wrapped) throws Exception {
        for (Route route : new Route[] {Route.TCP_TCP_UP, Route.TCP_TCP_DOWN}) {
            for (boolean differentLoops : new boolean[] {false, true}) {
                try (Rig rig = rig(mode, wrapped)) {
                    if (differentLoops) {
                        rig.configure(c -> c.differentLoops());
                    }
                    Link link = rig.link(route);
                    Future<?> sending =
                            rig.async(() -> link.source().send(link.forward(), 0, Long.MAX_VALUE, 64 * KIB));
                    link.sink().receive(link.forward(), 0, 4 * MIB);
                    rig.relay().close();
                    Rig.awaitFailure(sending);
                    assertEquals(
                            End.RESET,
                            link.sink().receiveToEnd(link.forward(), 4 * MIB).end());
                }
            }
        }
    }

    /** Nobody reads, so that everything is full of bytes that nobody will get. */
    @ParameterizedTest
    @MethodSource("setups")
    void shouldResetBothEndsOfAStreamThatStands(Mode mode, boolean wrapped) throws Exception {
        try (Rig rig = rig(mode, wrapped).smallBuffers()) {
            Link link = rig.link(Route.TCP_TCP_UP);
            long sent = link.fillUp(16 * MIB);
            rig.relay().close();
            Received received = link.sink().receiveToEnd(link.forward(), 0);
            assertEquals(End.RESET, received.end());
            assertTrue(received.bytes() < sent, received::toString);
            expectReset(link.source(), 0);
        }
    }

    /** Its sender has not said that this was all. */
    @ParameterizedTest
    @MethodSource("setups")
    void shouldResetBothEndsOfAPairThatRests(Mode mode, boolean wrapped) throws Exception {
        for (long bytes : new long[] {0, 10 * KIB}) {
            try (Rig rig = rig(mode, wrapped)) {
                Link link = rig.link(Route.TCP_TCP_UP);
                rig.relay().lastPair();
                link.carry(0, bytes, KIB);
                rig.relay().awaitRest();
                rig.relay().close();
                expectReset(link.sink(), bytes);
                expectReset(link.source(), 0);
            }
        }
    }

    /** The whole direction stays whole. */
    @ParameterizedTest
    @MethodSource("setups")
    void shouldCutOnlyTheDirectionThatWasNotAtItsEnd(Mode mode, boolean wrapped) throws Exception {
        try (Rig rig = rig(mode, wrapped)) {
            Link link = rig.link(Route.TCP_TCP_UP);
            link.carryToEnd(MIB, 64 * KIB);
            link.carryBack(0, MIB, 64 * KIB);
            rig.relay().close();
            expectReset(link.source(), MIB);
            Rig.awaitFailure(rig.async(() -> link.sink().send(link.backward(), MIB, Long.MAX_VALUE, 64 * KIB)));
        }
    }

    /** Both directions are at their end; only the kernel still has bytes for a receiver that takes its time. */
    @ParameterizedTest
    @MethodSource("setups")
    void shouldLeaveWholeWhatIsWhole(Mode mode, boolean wrapped) throws Exception {
        try (Rig rig = rig(mode, wrapped).smallBuffersOfPeers()) {
            Link link = rig.link(Route.TCP_TCP_UP);
            link.sink().halfClose();
            link.source().send(link.forward(), 0, 200 * KIB, 32 * KIB);
            link.source().halfClose();
            rig.relay().awaitNoChannels();
            rig.relay().close();
            link.expectEndOfForward(0, 200 * KIB);
            Link.expect(new Received(0, End.EOF), link.source().receiveToEnd(link.backward(), 0));
        }
    }

    @ParameterizedTest
    @MethodSource("setups")
    void shouldResetWhoIsNotJoinedYet(Mode mode, boolean wrapped) throws Exception {
        try (Rig rig = rig(mode, wrapped)) {
            rig.configure(c -> c.relay(RelayHandler::new, (front, back) -> {}));
            Link link = rig.link(Route.TCP_TCP_UP);
            link.source().send(link.forward(), 0, 10 * KIB, KIB);
            rig.relay().awaitRest();
            rig.relay().close();
            expectReset(link.source(), 0);
            expectReset(link.sink(), 0);
        }
    }

    /** The handler stands on both sides, so both channels are known to the library. */
    @ParameterizedTest
    @MethodSource("setups")
    void shouldResetBothEndsWhereNettyLeavesThemOpen(Mode mode, boolean wrapped) throws Exception {
        for (boolean differentLoops : new boolean[] {false, true}) {
            try (Rig rig = rig(mode, wrapped)) {
                if (differentLoops) {
                    rig.configure(c -> c.differentLoops());
                }
                Link link = rig.link(Route.TCP_TCP_UP);
                link.carry(0, 10 * KIB, KIB);
                rig.relay().awaitRest();
                rig.relay().endWithoutClosing();
                rig.relay().awaitNoChannels();
                expectReset(link.sink(), 10 * KIB);
                expectReset(link.source(), 0);
            }
        }
    }

    /** Who waits for room goes on, and finds that there is nobody to read from any more. */
    @ParameterizedTest
    @MethodSource("setups")
    void shouldDeliverWhatIsTakenWhereTheSourcesLoopEndsFirst(Mode mode, boolean wrapped) throws Exception {
        try (Warnings warnings = Warnings.of(RelayHandler.class);
                Rig rig = rig(mode, wrapped).smallBuffers().configure(c -> c.differentLoops())) {
            Link link = rig.link(Route.TCP_TCP_UP);
            Pair pair = rig.relay().lastPair();
            RelayHandler relay = pair.front().pipeline().get(RelayHandler.class);
            link.fillUp(16 * MIB);
            LoopGroups.end(pair.front().eventLoop());
            Received received = link.sink().receiveToEnd(link.forward(), 0);
            assertEquals(new Received(relay.bytesRelayed(), End.RESET), received);
            rig.relay().awaitNoChannels();
            assertEquals(List.of(), warnings.said());
            expectReset(link.source(), 0);
        }
    }
}
