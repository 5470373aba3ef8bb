// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.DefaultEventExecutorGroup;
import io.netty.util.concurrent.EventExecutorGroup;
import io.transportsplice.relay.RelayEnd;
import io.transportsplice.relay.RelayHandler;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.LoopHold;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.PatientClock;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.TestRelay;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@link RelayHandler} offers beyond relaying: timeouts, and joining channels in whatever state they are. */
@ExtendWith(Baseline.class)
@Timeout(120)
class RelayHandlerTest {
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;
    private static final Duration SHORT = Duration.ofMillis(200);
    private static final Duration LONG = Duration.ofMillis(1200);

    @ParameterizedTest
    @EnumSource(names = {"SPLICE", "COPY"})
    void shouldResetAHalfClosedConnectionWhenNothingMoves(Mode mode) throws Exception {
        try (Rig rig = withTimeouts(mode, Duration.ofHours(1), SHORT)) {
            Link link = rig.link(Route.TCP_TCP_UP);
            link.carryToEnd(MIB, 64 * KIB);
            Link.expect(new Received(0, End.RESET), link.source().receiveToEnd(link.backward(), 0));
            rig.relay().awaitNoChannels();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SPLICE", "COPY"})
    void shouldLetAHalfClosedConnectionBeThatMoves(Mode mode) throws Exception {
        try (Rig rig = withTimeouts(mode, Duration.ZERO, LONG)) {
            Link link = rig.link(Route.TCP_TCP_DOWN);
            link.sink().halfClose();
            Link.expect(new Received(0, End.EOF), link.source().receiveToEnd(link.backward(), 0));
            carryFor(link, LONG.multipliedBy(2));
        }
    }

    private static Rig withTimeouts(Mode mode, Duration idle, Duration halfClosed) {
        return new Rig(mode).configure(c -> c.relay(() -> new RelayHandler(idle, halfClosed), RelayHandler::join));
    }

    private static void carryFor(Link link, Duration time) throws Exception {
        PatientClock clock = new PatientClock();
        for (long sent = 0; clock.elapsedNanos() < time.toNanos(); sent += MIB) {
            link.carry(sent, sent + MIB, 64 * KIB);
        }
    }

    @Test
    void shouldCountTheBytesOfEachDirection() throws Exception {
        try (Rig rig = new Rig(Mode.SPLICE)) {
            Link link = rig.link(Route.TCP_TCP_UP);
            link.carryToEnd(5 * MIB, 64 * KIB);
            link.carryBack(0, 3 * MIB, 64 * KIB);
            TestRelay.Pair pair = rig.relay().lastPair();
            RelayHandler up = pair.front().pipeline().get(RelayHandler.class);
            RelayHandler down = pair.back().pipeline().get(RelayHandler.class);
            link.finish(3 * MIB);
            assertEquals(5 * MIB, up.bytesRelayed());
            assertEquals(3 * MIB, down.bytesRelayed());
        }
    }

    /** What a log of connections asks, of channels that are gone. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY"})
    void shouldTellHowItEndedAndWhatWasSpliced(Mode mode) throws Exception {
        long before = SpliceMetrics.snapshot().bytesSpliced();
        try (Rig rig = new Rig(mode)) {
            Link link = rig.link(Route.TCP_TCP_UP);
            link.carryToEnd(5 * MIB, 64 * KIB);
            TestRelay.Pair pair = rig.relay().lastPair();
            RelayHandler up = pair.front().pipeline().get(RelayHandler.class);
            EpollSpliceHandler in = pair.front().pipeline().get(EpollSpliceHandler.class);
            EpollSpliceHandler out = pair.back().pipeline().get(EpollSpliceHandler.class);
            assertNull(up.end());
            link.finish();
            rig.relay().awaitNoChannels();
            assertEquals(RelayEnd.FINISHED, up.end());
            assertNull(up.endCause());
            long spliced = pair.back().eventLoop().submit(out::bytesSpliced).get();
            assertEquals(SpliceMetrics.snapshot().bytesSpliced() - before, spliced);
            assertEquals(mode != Mode.COPY, spliced > 4 * MIB, () -> "spliced " + spliced);
            assertEquals(0, pair.front().eventLoop().submit(in::bytesSpliced).get());
        }
    }

    @Test
    void shouldTellOfTheErrorThatEndedIt() throws Exception {
        try (Rig rig = new Rig(Mode.SPLICE)) {
            Link link = rig.link(Route.TCP_TCP_UP);
            RelayHandler back = rig.relay().lastPair().back().pipeline().get(RelayHandler.class);
            link.source().reset();
            Link.expect(new Received(0, End.RESET), link.sink().receiveToEnd(link.forward(), 0));
            rig.relay().awaitNoChannels();
            assertEquals(RelayEnd.FAILED, back.end());
            assertTrue(back.endCause().getMessage().contains("reset"), back.endCause()::toString);
        }
    }

    /** Which meets it while it writes. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldTellOfTheErrorOfASinkThatHasMoreToTake(boolean differentLoops) throws Exception {
        try (Rig rig = new Rig(Mode.SPLICE).smallBuffers()) {
            if (differentLoops) {
                rig.configure(c -> c.differentLoops());
            }
            Link link = rig.link(Route.TCP_TCP_UP);
            link.fillUp(64 * MIB);
            RelayHandler front = rig.relay().lastPair().front().pipeline().get(RelayHandler.class);
            link.sink().reset();
            rig.relay().awaitNoChannels();
            assertEquals(RelayEnd.FAILED, front.end());
            assertNotNull(front.endCause());
        }
    }

    @Test
    void shouldAddARelayHandlerWhereThereIsNone() throws Exception {
        try (Rig rig = new Rig(Mode.SPLICE)) {
            rig.configure(c -> c.pipeline(
                            (side, pipeline) -> pipeline.channel().config().setAutoRead(false))
                    .relay(ChannelInboundHandlerAdapter::new, RelayHandler::join));
            Link link = rig.link(Route.TCP_TCP_UP);
            link.carryToEnd(5 * MIB, 64 * KIB);
            link.finish();
        }
    }

    @Test
    void shouldResetTheOneChannelWhenTheOtherIsGoneAlready() throws Exception {
        try (Rig rig = new Rig(Mode.SPLICE)) {
            rig.configure(c -> c.relay(
                    RelayHandler::new,
                    (front, back) -> front.close().addListener(closed -> RelayHandler.join(front, back))));
            Link link = rig.link(Route.TCP_TCP_UP);
            Link.expect(new Received(0, End.RESET), link.sink().receiveToEnd(link.forward(), 0));
            rig.relay().awaitNoChannels();
        }
    }

    @Test
    void shouldRefuseToJoinAChannelTwice() throws Exception {
        try (Rig rig = new Rig(Mode.SPLICE)) {
            Link link = rig.link(Route.TCP_TCP_UP);
            TestRelay.Pair pair = rig.relay().lastPair();
            Future<?> again = pair.front().eventLoop().submit(() -> RelayHandler.join(pair.front(), pair.back()));
            ExecutionException e = assertThrows(ExecutionException.class, again::get);
            assertInstanceOf(IllegalStateException.class, e.getCause());
            link.carryToEnd(MIB, 64 * KIB);
            link.finish();
        }
    }

    /** Which is about to be told that it was added. */
    @Test
    void shouldJoinAHandlerThatAnotherThreadHasJustAdded() throws Exception {
        try (Rig rig =
                new Rig(Mode.AUTO).configure(c -> c.relay(ChannelInboundHandlerAdapter::new, (front, back) -> {}))) {
            Link link = rig.link(Route.TCP_TCP_UP);
            TestRelay.Pair pair = rig.relay().lastPair();
            pair.front()
                    .eventLoop()
                    .submit(() -> {
                        Rig.await(rig.async(() -> pair.front().pipeline().addLast(new RelayHandler())));
                        RelayHandler.join(pair.front(), pair.back());
                        return null;
                    })
                    .get();
            link.carryToEnd(MIB, 64 * KIB);
            link.finish();
        }
    }

    /** It would be told of its peer by another thread than that of its events. */
    @Test
    @SuppressWarnings("deprecation") // but supported
    void shouldRefuseToJoinAHandlerOnAnExecutorOfItsOwn() throws Exception {
        EventExecutorGroup executors = new DefaultEventExecutorGroup(1);
        try (Rig rig =
                new Rig(Mode.AUTO).configure(c -> c.relay(ChannelInboundHandlerAdapter::new, (front, back) -> {}))) {
            Link link = rig.link(Route.TCP_TCP_UP);
            TestRelay.Pair pair = rig.relay().lastPair();
            for (Channel own : List.of(pair.front(), pair.back())) {
                own.pipeline().addLast(executors, "own", new RelayHandler());
                assertThrows(IllegalStateException.class, () -> RelayHandler.join(pair.front(), pair.back()));
                own.pipeline().remove("own");
            }
            pair.back().pipeline().addLast(pair.back().eventLoop(), new RelayHandler());
            RelayHandler.join(pair.front(), pair.back());
            pair.front().eventLoop().submit(() -> {}).sync(); // it has its handler: what came before would be nobody's
            link.carryToEnd(MIB, 64 * KIB);
            link.finish();
        } finally {
            executors.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
        }
    }

    /** Its handler is added later, and the input may end before. */
    @Test
    void shouldLetTheInputEndAsSoonAsItIsJoined() throws Exception {
        try (Rig rig =
                new Rig(Mode.AUTO).configure(c -> c.relay(ChannelInboundHandlerAdapter::new, (front, back) -> {}))) {
            Link link = rig.link(Route.TCP_TCP_UP);
            TestRelay.Pair pair = rig.relay().lastPair();
            LoopHold.whileHeld(pair.front().eventLoop(), () -> {
                RelayHandler.join(pair.front(), pair.back());
                assertEquals(true, pair.front().config().getOption(ChannelOption.ALLOW_HALF_CLOSURE));
                assertEquals(true, pair.back().config().getOption(ChannelOption.ALLOW_HALF_CLOSURE));
            });
            link.carryToEnd(MIB, 64 * KIB);
            link.finish();
        }
    }

    @Test
    void shouldResetFromAnyThread() throws Exception {
        try (Rig rig = new Rig(Mode.SPLICE)) {
            Link link = rig.link(Route.TCP_TCP_UP);
            link.carry(0, MIB, 64 * KIB);
            RelayHandler.reset(rig.relay().lastPair().front());
            Link.expect(new Received(0, End.RESET), link.source().receiveToEnd(link.backward(), 0));
            Link.expect(new Received(MIB, End.RESET), link.sink().receiveToEnd(link.forward(), MIB));
        }
    }

    @Test
    void shouldLetGoOfWhatCameForAChannelThatIsNeverJoined() {
        EmbeddedChannel channel = new EmbeddedChannel(new RelayHandler());
        ByteBuf buffer = channel.alloc().buffer().writeLong(1);
        channel.writeInbound(buffer);
        channel.finish();
        assertEquals(0, buffer.refCnt());
    }
}
