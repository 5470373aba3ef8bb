// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.system;

import static org.junit.jupiter.api.Assertions.assertTrue;

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
        FdCanary.Count count = FdCanary.run(differentLoops, SECONDS, seed);
        System.err.println(count);
        assertTrue(count.dirty() > 10, "hardly any buffer was in flight when its connection ended");
        assertTrue(count.opened() > 1000, "descriptors were not recycled");
    }
}
