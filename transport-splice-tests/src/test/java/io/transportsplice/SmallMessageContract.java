// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.testing.Link;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import java.time.Duration;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Small messages arrive at once and whole, however many there are. */
interface SmallMessageContract extends RelayFixture {
    @ParameterizedTest
    @EnumSource
    default void shouldCarryOneByteSegments(Route route) throws Exception {
        Link link = rig().link(route);
        link.carryToEnd(30_000, 1);
        link.finish();
    }

    /** One byte takes a whole slot of a pipe, so that pipes are full long before their capacity in bytes. */
    @ParameterizedTest
    @EnumSource
    default void shouldCarryOneByteSegmentsThatPileUpBeforeASlowReader(Route route) throws Exception {
        Link link = rig().smallBuffers().link(route);
        int bytes = 60_000;
        Future<?> sending = rig().async(() -> {
            link.source().send(link.forward(), 0, bytes, 1);
            link.source().halfClose();
        });
        rig().relay().awaitRest();
        link.sink().receive(link.forward(), 0, bytes, 100, 0);
        Rig.await(sending);
        link.expectEndOfForward(bytes);
        link.finish();
    }

    /**
     * A corked last piece (200 ms) or a delayed acknowledgement (40 ms) would delay every exchange; a slow machine delays
     * some, so the fastest tells.
     */
    @ParameterizedTest
    @EnumSource
    default void shouldNotDelayTheLastPieceOfAMessage(Route route) throws Exception {
        Link link = rig().link(route);
        int rounds = 100;
        int request = 100;
        int response = 300_001;
        Duration fastest = Duration.ofDays(1);
        for (long i = 0; i < rounds; i++) {
            long start = System.nanoTime();
            link.carry(i * request, (i + 1) * request, request);
            link.carryBack(i * response, (i + 1) * response, response);
            Duration taken = Duration.ofNanos(System.nanoTime() - start);
            fastest = taken.compareTo(fastest) < 0 ? taken : fastest;
        }
        assertTrue(fastest.toMillis() < 35, "the fastest exchange took " + fastest);
    }

    @ParameterizedTest
    @EnumSource
    default void shouldCarryChatterBetweenBursts(Route route) throws Exception {
        Link link = rig().link(route);
        long position = 0;
        for (int round = 0; round < 8; round++) {
            for (int i = 0; i < 50; i++, position += 64) {
                link.carry(position, position + 64, 64);
            }
            link.carry(position, position + 2 * MIB, 64 * KIB);
            position += 2 * MIB;
        }
    }
}
