// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Route;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Urgent data is a way for anybody to stop splice(2): it ends before the urgent byte and says would-block for ever, while
 * epoll says readable for ever. The urgent bytes get lost, as in any relay that does not ask for them; nothing else may.
 */
interface UrgentDataContract extends RelayFixture {
    @ParameterizedTest
    @EnumSource(names = {"TCP_TCP_UP", "TCP_TCP_DOWN", "TCP_UNIX_UP", "UNIX_TCP_DOWN"})
    default void shouldCarryOnBehindUrgentData(Route route) throws Exception {
        Link link = rig().link(route);
        SpliceMetrics before = SpliceMetrics.snapshot();
        for (long i = 0; i < 5; i++) {
            link.carry(i * MIB, (i + 1) * MIB, 64 * KIB);
            link.source().sendUrgent('!');
            rig().relay().awaitRest();
        }
        link.carry(5 * MIB, 6 * MIB, 64 * KIB);
        link.source().sendUrgent('!');
        link.source().halfClose();
        link.expectEndOfForward(6 * MIB);
        link.finish();
        SpliceMetrics after = SpliceMetrics.snapshot();
        if (mode() == Mode.SPLICE) {
            assertNotEquals(before.fallbacks(SpliceFallback.FILL_STUCK), after.fallbacks(SpliceFallback.FILL_STUCK));
        }
        assertEquals(before.fallbacks(SpliceFallback.FILL_HIDDEN), after.fallbacks(SpliceFallback.FILL_HIDDEN));
    }
}
