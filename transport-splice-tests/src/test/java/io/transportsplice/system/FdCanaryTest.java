// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.system;

import io.transportsplice.testing.Baseline;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The number of a closed descriptor belongs to somebody else at once. Channels are closed from any thread at any moment,
 * with buffers under way, while another takes every number that becomes free. {@code -Dfaults.seconds} makes it longer.
 */
@ExtendWith(Baseline.class)
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class FdCanaryTest {
    private static final int SECONDS = Integer.getInteger("faults.seconds", 5);

    private final long seed = Long.getLong("faults.seed", new SplittableRandom().nextLong());

    @ParameterizedTest(name = "on different loops: {0}")
    @ValueSource(booleans = {false, true})
    void shouldNeverTouchADescriptorThatIsSomebodyElses(boolean differentLoops) throws Exception {
        System.err.println("fd canary with -Dfaults.seed=" + seed);
        System.err.println(FdCanary.run(differentLoops, SECONDS, FdCanaryTest::isEnough, seed));
    }

    /** Buffers were in flight when their connections ended, and descriptors were recycled: else it runs into its timeout. */
    private static boolean isEnough(FdCanary.Count count) {
        return count.dirty() > 10 && count.opened() > 1000;
    }
}
