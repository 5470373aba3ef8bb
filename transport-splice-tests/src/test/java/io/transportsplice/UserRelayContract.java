// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.Channel;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.MessageCounter;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.Side;
import io.transportsplice.testing.TestRelay;
import io.transportsplice.testing.UserRelayHandler;
import io.transportsplice.testing.UserRelayHandler.Idiom;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A user's own relay works as before, with all of Netty's ways to read and to pause, and its bytes are spliced. */
interface UserRelayContract extends RelayFixture {
    @ParameterizedTest
    @EnumSource
    default void shouldCarryThroughAUsersOwnRelay(Idiom idiom) throws Exception {
        Link link = userRelay(idiom).link(Route.TCP_TCP_UP);
        link.carryToEnd(32 * MIB, 64 * KIB);
        link.carryBack(0, 32 * MIB, 64 * KIB);
        link.finish(32 * MIB);
        rig().relay().awaitNoChannels();
        verifyStreamCarriage(64 * MIB);
    }

    @ParameterizedTest
    @EnumSource
    default void shouldCarryThroughAUsersOwnRelayToASlowReader(Idiom idiom) throws Exception {
        Link link = userRelay(idiom).smallBuffers().link(Route.TCP_TCP_DOWN);
        Future<?> sending = rig().async(() -> {
            link.source().send(link.forward(), 0, 4 * MIB, 64 * KIB);
            link.source().halfClose();
        });
        rig().relay().awaitRest();
        Link.expect(new Received(4 * MIB, End.EOF), link.sink().receiveToEnd(link.forward(), 0, 10_000, 100_000));
        Rig.await(sending);
        link.finish();
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO_READ", "READ_AFTER_WRITE"})
    default void shouldHoldLittleInAUsersOwnRelayForASinkThatTakesNothing(Idiom idiom) throws Exception {
        Link link = userRelay(idiom).smallBuffers().link(Route.TCP_TCP_UP);
        long sent = link.fillUp(64 * MIB);
        assertTrue(sent <= BackPressureContract.LITTLE, () -> sent + " bytes were taken, though the sink read nothing");
        link.sink().receive(link.forward(), 0, sent);
    }

    /** However careless the relay, the pipes of one source stay bounded. */
    @ParameterizedTest
    @EnumSource
    default void shouldBoundThePipesInFlightWhateverTheRelayDoes(Idiom idiom) throws Exception {
        Link link = userRelay(idiom).smallBuffers().link(Route.TCP_TCP_UP);
        long before = SpliceMetrics.snapshot().buffersInFlight();
        long sent = link.fillUp(MIB);
        long inFlight = SpliceMetrics.snapshot().buffersInFlight() - before;
        assertTrue(inFlight <= SpliceOptions.defaults().maxInFlight(), () -> inFlight + " are in flight");
        link.sink().receive(link.forward(), 0, sent);
    }

    @ParameterizedTest
    @EnumSource(names = {"TCP_TCP_UP", "TCP_TCP_DOWN"})
    default void shouldStayPausedUntilTheUserReadsAgain(Route route) throws Exception {
        MessageCounter counter = new MessageCounter();
        Side sourceSide = route.up() ? Side.FRONT : Side.BACK;
        userRelay(Idiom.AUTO_READ)
                .smallBuffers()
                .configure(c -> c.pipeline((side, pipeline) -> {
                    if (side == sourceSide) {
                        pipeline.addLast(counter);
                    }
                }));
        Link link = rig().link(route);
        link.carry(0, MIB, 64 * KIB);
        TestRelay.Pair pair = rig().relay().lastPair();
        Channel source = route.up() ? pair.front() : pair.back();
        // on the loop, so that what it reads before that is counted before that
        source.eventLoop().submit(() -> source.config().setAutoRead(false)).syncUninterruptibly();
        long readBefore = counter.bytesRead.get();
        Future<?> sending = rig().async(() -> link.source().send(link.forward(), MIB, 3 * MIB, 64 * KIB));
        rig().relay().awaitRest();
        assertEquals(readBefore, counter.bytesRead.get());
        assertFalse(source.config().isAutoRead());
        source.config().setAutoRead(true);
        link.sink().receive(link.forward(), MIB, 3 * MIB);
        Rig.await(sending);
    }

    private Rig userRelay(Idiom idiom) {
        return rig().configure(c -> c.relay(() -> new UserRelayHandler(idiom), UserRelayHandler::join));
    }
}
