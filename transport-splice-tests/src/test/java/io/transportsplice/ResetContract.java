// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.testing.Link;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A connection that breaks on one side breaks on the other: a stream that was cut short never looks complete. */
interface ResetContract extends RelayFixture {
    int TAKEN = 200 * KIB;

    @ParameterizedTest
    @EnumSource(names = {"TCP_TCP_UP", "TCP_TCP_DOWN"})
    default void shouldPassOnAReset(Route route) throws Exception {
        Link link = rig().link(route);
        link.carry(0, 3 * MIB, 64 * KIB);
        link.source().reset();
        Link.expect(new Received(3 * MIB, End.RESET), link.sink().receiveToEnd(link.forward(), 3 * MIB));
        rig().relay().awaitNoChannels();
    }

    @ParameterizedTest
    @EnumSource(names = {"TCP_TCP_UP", "TCP_TCP_DOWN"})
    default void shouldPassOnAResetOfAConnectionThatCarriedNothing(Route route) throws Exception {
        Link link = rig().link(route);
        rig().relay().lastPair();
        link.source().reset();
        Link.expect(new Received(0, End.RESET), link.sink().receiveToEnd(link.forward(), 0));
        rig().relay().awaitNoChannels();
    }

    /** The sink's window is small, so most of it lies in the relay's kernel, which a reset would make throw it away. */
    @ParameterizedTest
    @EnumSource(names = {"TCP_TCP_UP", "TCP_TCP_DOWN", "UNIX_TCP_UP", "TCP_UNIX_DOWN"})
    default void shouldDeliverWhatWasTakenBeforeAReset(Route route) throws Exception {
        Link link = rig().smallBuffersOfPeers().link(route);
        link.source().send(link.forward(), 0, TAKEN, 4 * KIB);
        link.sink().send(link.backward(), 0, 1, 1); // unread at the source: of a unix socket, too, the end is a reset
        rig().relay().awaitRest();
        link.source().reset();
        rig().relay().awaitRest();
        Link.expect(new Received(TAKEN, End.RESET), link.sink().receiveToEnd(link.forward(), 0));
        rig().relay().awaitNoChannels();
    }

    /** A unix-domain socket has no reset of its own: its peer gets one if it is closed while bytes lie unread. */
    @ParameterizedTest
    @EnumSource(names = {"UNIX_TCP_UP", "TCP_UNIX_DOWN"})
    default void shouldPassOnAResetOfAUnixSocketToTcp(Route route) throws Exception {
        Link link = rig().link(route);
        link.carry(0, MIB, 64 * KIB);
        link.sink().send(link.backward(), 0, 1000, 1000);
        rig().relay().awaitRest();
        link.source().close();
        Link.expect(new Received(MIB, End.RESET), link.sink().receiveToEnd(link.forward(), MIB));
        rig().relay().awaitNoChannels();
    }

    @ParameterizedTest
    @EnumSource(names = {"TCP_TCP_UP", "TCP_TCP_DOWN"})
    default void shouldPassOnAResetThatComesWhileEverythingIsFull(Route route) throws Exception {
        Link link = rig().smallBuffers().link(route);
        long sent = link.fillUp(16 * MIB);
        link.source().reset();
        rig().relay().awaitRest();
        Received received = link.sink().receiveToEnd(link.forward(), 0);
        assertEquals(End.RESET, received.end());
        assertTrue(received.bytes() <= sent);
        rig().relay().awaitNoChannels();
    }

    @ParameterizedTest
    @EnumSource(names = {"TCP_TCP_UP", "TCP_TCP_DOWN"})
    default void shouldPassOnAResetThatFollowsAHalfClose(Route route) throws Exception {
        Link link = rig().link(route);
        link.carryToEnd(1000, 1000);
        link.carryBack(0, MIB, 64 * KIB);
        link.source().reset();
        Rig.awaitFailure(rig().async(() -> link.sink().send(link.backward(), MIB, Long.MAX_VALUE, 64 * KIB)));
        rig().relay().awaitNoChannels();
    }

    @ParameterizedTest
    @EnumSource(names = {"TCP_TCP_UP", "TCP_TCP_DOWN", "TCP_UNIX_DOWN", "UNIX_TCP_UP"})
    default void shouldTellTheSourceThatTheSinkWasReset(Route route) throws Exception {
        Link link = rig().link(route);
        Future<?> sending = rig().async(() -> link.source().send(link.forward(), 0, Long.MAX_VALUE, 64 * KIB));
        link.sink().receive(link.forward(), 0, 10 * MIB);
        link.sink().reset();
        Rig.awaitFailure(sending);
        rig().relay().awaitNoChannels();
    }

    /** Everything is full, so that pipes hold bytes that nobody will take any more. */
    @ParameterizedTest
    @EnumSource(names = {"TCP_TCP_UP", "TCP_TCP_DOWN"})
    default void shouldLetGoOfBytesWhoseSinkWasReset(Route route) throws Exception {
        Link link = rig().smallBuffers().link(route);
        link.fillUp(16 * MIB);
        link.sink().reset();
        rig().relay().awaitNoChannels();
        Rig.awaitFailure(rig().async(() -> link.source().send(link.forward(), 0, Long.MAX_VALUE, 64 * KIB)));
    }

    /** The loop of the one hands regions over while the loop of the other closes. */
    @ParameterizedTest
    @EnumSource(names = {"TCP_TCP_UP", "TCP_TCP_DOWN"})
    default void shouldLetGoOfBytesUnderWayToAnotherEventLoop(Route route) throws Exception {
        rig().configure(c -> c.differentLoops());
        for (int i = 0; i < 20; i++) {
            Link link = rig().link(route);
            Future<?> sending = rig().async(() -> link.source().send(link.forward(), 0, Long.MAX_VALUE, 64 * KIB));
            link.sink().receive(link.forward(), 0, (i + 1) * 100L * KIB);
            link.sink().reset();
            Rig.awaitFailure(sending);
        }
        rig().relay().awaitNoChannels();
        rig().awaitPipesHome();
    }

    @ParameterizedTest
    @EnumSource(names = {"TCP_TCP_UP", "TCP_TCP_DOWN"})
    default void shouldPassOnAResetToAnotherEventLoop(Route route) throws Exception {
        rig().configure(c -> c.differentLoops());
        for (int i = 0; i < 20; i++) {
            Link link = rig().link(route);
            link.carry(0, MIB, 64 * KIB);
            link.source().reset();
            Link.expect(new Received(MIB, End.RESET), link.sink().receiveToEnd(link.forward(), MIB));
        }
        rig().relay().awaitNoChannels();
    }

    @ParameterizedTest
    @EnumSource
    default void shouldLetGoOfBytesWhenBothEndsAreGone(Route route) throws Exception {
        Link link = rig().smallBuffers().link(route);
        link.fillUp(16 * MIB);
        link.sink().close();
        link.source().close();
        rig().relay().awaitNoChannels();
        rig().awaitPipesHome();
    }
}
