// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.transportsplice.testing.Link;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The end of one direction comes after its last byte and leaves the other direction alone. */
interface EndOfStreamContract extends RelayFixture {
    long SLOWLY = 200_000;

    @ParameterizedTest
    @EnumSource
    default void shouldPassOnAnEndWithoutBytes(Route route) throws Exception {
        Link link = rig().link(route);
        link.carryToEnd(0, 1);
        link.finish();
        rig().relay().awaitNoChannels();
    }

    @ParameterizedTest
    @EnumSource
    default void shouldCarryTheAnswerThatFollowsTheEndOfTheRequest(Route route) throws Exception {
        Link link = rig().link(route);
        link.carryToEnd(3 * MIB, 64 * KIB);
        link.carryBack(0, 3 * MIB, 64 * KIB);
        link.finish(3 * MIB);
        rig().relay().awaitNoChannels();
    }

    @ParameterizedTest
    @EnumSource
    default void shouldDeliverTheTailToASlowReader(Route route) throws Exception {
        Link link = rig().link(route);
        Future<?> sending = rig().async(() -> {
            link.source().send(link.forward(), 0, 2 * MIB, 64 * KIB);
            link.source().close();
        });
        Received received = link.sink().receiveToEnd(link.forward(), 0, 8 * KIB, SLOWLY);
        Rig.await(sending);
        Link.expect(new Received(2 * MIB, End.EOF), received);
    }

    @ParameterizedTest
    @EnumSource
    default void shouldRestWhileHalfClosedAfterTheTail(Route route) throws Exception {
        Link link = rig().link(route);
        Future<?> sending = rig().async(() -> {
            link.source().send(link.forward(), 0, 2 * MIB, 64 * KIB);
            link.source().halfClose();
        });
        Received received = link.sink().receiveToEnd(link.forward(), 0, 8 * KIB, SLOWLY);
        Rig.await(sending);
        Link.expect(new Received(2 * MIB, End.EOF), received);
        rig().relay().awaitRest();
        rig().awaitPipesHome();
        link.carryBack(0, MIB, 64 * KIB);
        link.finish(MIB);
    }

    @ParameterizedTest
    @EnumSource
    default void shouldDeliverEverythingWhenTheEndComesWhileEverythingIsFull(Route route) throws Exception {
        Link link = rig().smallBuffers().link(route);
        long sent = link.fillUp(16 * MIB);
        link.source().halfClose();
        rig().relay().awaitRest();
        Link.expect(new Received(sent, End.EOF), link.sink().receiveToEnd(link.forward(), 0, 4 * KIB, SLOWLY));
        link.finish();
    }

    @ParameterizedTest
    @EnumSource
    default void shouldDeliverEverythingWhenTheSourceIsGoneWhileEverythingIsFull(Route route) throws Exception {
        Link link = rig().smallBuffers().link(route);
        long sent = link.fillUp(16 * MIB);
        link.source().close();
        rig().relay().awaitRest();
        Link.expect(new Received(sent, End.EOF), link.sink().receiveToEnd(link.forward(), 0, 4 * KIB, SLOWLY));
    }

    @ParameterizedTest
    @EnumSource
    default void shouldWriteMuchBackToAPeerThatHasHalfClosed(Route route) throws Exception {
        Link link = rig().link(route);
        link.carryToEnd(100, 100);
        Future<?> sending = rig().async(() -> link.sink().send(link.backward(), 0, 16 * MIB, 64 * KIB));
        link.source().receive(link.backward(), 0, 16 * MIB, 16 * KIB, 0);
        Rig.await(sending);
        link.finish(16 * MIB);
    }

    @ParameterizedTest
    @EnumSource
    default void shouldWriteMuchBackThroughSmallBuffersToAPeerThatHasHalfClosed(Route route) throws Exception {
        Link link = rig().smallBuffers().link(route);
        link.carryToEnd(100, 100);
        Future<?> sending = rig().async(() -> link.sink().send(link.backward(), 0, 4 * MIB, 64 * KIB));
        rig().relay().awaitRest();
        link.source().receive(link.backward(), 0, 4 * MIB);
        Rig.await(sending);
        link.finish(4 * MIB);
    }

    @ParameterizedTest
    @EnumSource
    default void shouldDeliverWhatWasSentJustBeforeAClose(Route route) throws Exception {
        for (int size : new int[] {1, 1000, 100_000}) {
            Link link = rig().link(route);
            link.source().send(link.forward(), 0, size, size);
            link.source().close();
            assertEquals(new Received(size, End.EOF), link.sink().receiveToEnd(link.forward(), 0));
            link.sink().close();
            rig().relay().awaitNoChannels();
        }
    }

    @ParameterizedTest
    @EnumSource
    default void shouldEndBothDirectionsThatEndAtTheSameTime(Route route) throws Exception {
        Link link = rig().link(route);
        Future<?> back = rig().async(() -> {
            link.sink().send(link.backward(), 0, MIB, 10_000);
            link.sink().halfClose();
        });
        Future<Received> answer = rig().asyncResult(() -> link.source().receiveToEnd(link.backward(), 0));
        link.carryToEnd(MIB, 10_000);
        Rig.await(back);
        Link.expect(new Received(MIB, End.EOF), Rig.await(answer));
        rig().relay().awaitNoChannels();
    }
}
