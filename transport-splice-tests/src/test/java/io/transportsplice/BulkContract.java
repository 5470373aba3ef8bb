// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.transportsplice.testing.Link;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Bytes by the mebibyte arrive whole, in order, and the way the mode says. */
interface BulkContract extends RelayFixture {
    @ParameterizedTest
    @EnumSource
    default void shouldCarryAHandfulOfBytes(Route route) throws Exception {
        Link link = rig().link(route);
        link.carryToEnd(128, 128);
        link.finish();
    }

    @ParameterizedTest
    @EnumSource
    default void shouldCarryManySmallWrites(Route route) throws Exception {
        Link link = rig().link(route);
        link.carryToEnd(16 * MIB, 4 * KIB);
        link.finish();
        verifyCarriage(16 * MIB);
    }

    @ParameterizedTest
    @EnumSource
    default void shouldCarryABigTransfer(Route route) throws Exception {
        Link link = rig().link(route);
        link.carryToEnd(96 * MIB, 64 * KIB);
        link.finish();
        verifyStreamCarriage(96 * MIB);
    }

    @ParameterizedTest
    @EnumSource
    default void shouldCarryBothDirectionsAtOnce(Route route) throws Exception {
        Link link = rig().link(route);
        Future<?> back = rig().async(() -> link.carryBack(0, 32 * MIB, 100_000));
        link.carry(0, 32 * MIB, 100_000);
        Rig.await(back);
        verifyCarriage(64 * MIB);
    }

    @ParameterizedTest
    @EnumSource
    default void shouldCarryBetweenDifferentEventLoops(Route route) throws Exception {
        rig().configure(c -> c.differentLoops());
        Link link = rig().link(route);
        Future<?> back = rig().async(() -> link.carryBack(0, 16 * MIB, 64 * KIB));
        link.carryToEnd(16 * MIB, 64 * KIB);
        Rig.await(back);
        link.finish(16 * MIB);
        verifyStreamCarriage(32 * MIB);
    }

    @ParameterizedTest
    @EnumSource
    default void shouldCarryThroughSmallBuffersEverywhere(Route route) throws Exception {
        Link link = rig().smallBuffers().link(route);
        link.carryToEnd(8 * MIB, 10_000);
        link.finish();
    }

    @ParameterizedTest
    @EnumSource
    default void shouldCarryThroughTheSmallestPipes(Route route) throws Exception {
        int page = 4 * KIB;
        if (rig().usesSpliceHandler()) {
            rig().configure(c -> c.options(SpliceOptions.builder()
                    .policy(c.options().policy())
                    .pipeCapacity(page)
                    .build()));
        }
        Link link = rig().link(route);
        link.carryToEnd(4 * MIB, 50_000);
        link.finish();
        verifyStreamCarriage(4 * MIB);
    }
}
