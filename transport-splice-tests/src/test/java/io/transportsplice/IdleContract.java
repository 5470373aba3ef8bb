// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Route;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Connections that say nothing cost nothing but their two sockets, and many of them do not get mixed up. */
interface IdleContract extends RelayFixture {
    int PAIRS = 100;

    @ParameterizedTest
    @EnumSource
    default void shouldHoldTwoSocketsAndNoPipeForEachIdlePair(Route route) throws Exception {
        for (int i = 0; i < PAIRS; i++) {
            Link link = rig().link(route);
            link.carry(0, 300_000, 50_000);
            link.carryBack(0, 300_000, 50_000);
        }
        rig().awaitPipesHome();
        Baseline.State before = rig().baseline();
        Baseline.State now = Baseline.State.now();
        int ownOfTheTest = 2 + 2 * PAIRS; // two that listen, and the far ends
        assertEquals(2 * PAIRS, now.sockets() - before.sockets() - ownOfTheTest);
        int max = SpliceOptions.defaults().maxPooledPipes();
        assertTrue(now.pipesPooled() - before.pipesPooled() <= max, () -> now.pipesPooled() + " pipes are pooled");
        rig().relay().awaitRest();
    }

    @ParameterizedTest
    @EnumSource
    default void shouldLetGoOfConnectionsThatNeverSaidAnything(Route route) throws Exception {
        List<Link> links = new ArrayList<>();
        for (int i = 0; i < PAIRS; i++) {
            links.add(rig().link(route));
        }
        rig().relay().awaitRest();
        for (Link link : links) {
            link.source().close();
            link.expectEndOfForward(0);
            link.sink().close();
        }
        rig().relay().awaitNoChannels();
    }

    @ParameterizedTest
    @EnumSource
    default void shouldLetEitherEndSpeakFirst(Route route) throws Exception {
        Link link = rig().link(route);
        link.carry(0, 20, 20);
        link.carryBack(0, 20, 20);
        link.carryToEnd(20, 1000, 100);
        link.finish(20);
        rig().relay().awaitNoChannels();
    }

    @Test
    default void shouldKeepManyConnectionsApart() throws Exception {
        int connections = 500;
        int piece = 8 * KIB;
        List<Link> links = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            links.add(rig().link(i % 2 == 0 ? Route.TCP_TCP_UP : Route.TCP_TCP_DOWN));
        }
        for (long position = 0; position < 10L * piece; position += piece) {
            for (Link link : links) {
                link.source().send(link.forward(), position, position + piece, piece);
                link.sink().send(link.backward(), position, position + piece, piece);
            }
            for (Link link : links) {
                link.sink().receive(link.forward(), position, position + piece);
                link.source().receive(link.backward(), position, position + piece);
            }
        }
        assertEquals(2 * connections, rig().relay().channels().size());
        for (Link link : links) {
            link.source().close();
        }
        for (Link link : links) {
            link.expectEndOfForward(10L * piece);
            link.sink().close();
        }
        Await.until("all are gone", () -> rig().relay().channels().isEmpty());
    }
}
