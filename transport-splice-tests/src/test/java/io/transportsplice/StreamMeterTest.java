// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.SpliceOptions.Policy;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class StreamMeterTest {
    private static final int LARGE = 64 * 1024;
    private static final int MEDIUM = 8 * 1024;
    private static final int SMALL = 4 * 1024;

    private final StreamMeter auto = meter(Policy.AUTO);

    @Test
    void shouldAskWhenTheFirstMessageHasFilledItsBuffer() {
        assertFalse(auto.mayBeStream());
        assertTrue(auto.filled());
        auto.copied(SMALL);
        assertTrue(auto.mayBeStream() && auto.asks());
        assertTrue(auto.isStream(LARGE));
    }

    /** Whoever reads into small buffers fills each. */
    @Test
    void shouldHaveOneMessageCopiedAloneAndNoMore() {
        auto.filled();
        auto.copied(SMALL);
        auto.isStream(SMALL);
        assertFalse(auto.filled());
        auto.copied(SMALL);
        assertFalse(auto.mayBeStream());
    }

    @Test
    void shouldAskAfterABurstThatWasNotSmall() {
        for (int i = 0; i < 10_000; i++) {
            assertFalse(auto.mayBeStream());
            auto.copied(SMALL);
        }
        auto.copied(MEDIUM);
        assertTrue(auto.mayBeStream());
        assertFalse(auto.isStream(SMALL));
        assertFalse(auto.asks(), "once for each burst");
        auto.copied(MEDIUM);
        assertTrue(auto.mayBeStream() && auto.isStream(LARGE));
    }

    @Test
    void shouldStopAfterAFewSmallBurstsInARow() {
        auto.started();
        assertFalse(auto.isChatter(SMALL));
        assertFalse(auto.isChatter(SMALL));
        assertFalse(auto.isChatter(LARGE), "the row is broken");
        assertFalse(auto.isChatter(SMALL));
        assertFalse(auto.isChatter(SMALL));
        assertTrue(auto.isChatter(SMALL));
    }

    @Test
    void shouldNotOscillateBetweenItsThresholds() {
        for (int burst = 16 * 1024; burst < 32 * 1024; burst += 512) {
            StreamMeter meter = meter(Policy.AUTO);
            for (int i = 0; i < 100; i++) {
                assertFalse(meter.mayBeStream() && meter.isStream(burst), "started at " + burst);
                meter.copied(burst);
                assertFalse(meter.isChatter(burst), "stopped at " + burst);
            }
        }
    }

    /** Else pipes smaller than what is small would never be worth their while. */
    @Test
    void shouldNotTakeAFullPipeForChatter() {
        StreamMeter meter =
                new StreamMeter(SpliceOptions.builder().pipeCapacity(4096).build());
        for (int i = 0; i < 100; i++) {
            assertFalse(meter.isChatter(4096));
        }
    }

    @Test
    void shouldAskOnlyWhereItIsToDecide() {
        for (Policy policy : Policy.values()) {
            StreamMeter meter = meter(policy);
            assertEquals(policy == Policy.AUTO, meter.filled(), policy.name());
            meter.copied(LARGE);
            assertEquals(policy == Policy.AUTO, meter.asks(), policy.name());
        }
        for (int i = 0; i < 10; i++) {
            assertFalse(meter(Policy.ALWAYS).isChatter(1));
        }
    }

    @Test
    void shouldKnowWhetherAKnownLengthIsWorthIt() {
        assertTrue(meter(Policy.ALWAYS).isStreamOf(1));
        assertTrue(auto.isStreamOf(LARGE));
        assertFalse(auto.isStreamOf(SMALL));
        assertTrue(meter(Policy.ON_DEMAND).isStreamOf(LARGE));
        assertFalse(meter(Policy.NEVER).isStreamOf(LARGE));
    }

    @Test
    void shouldWaitLongerAfterEachRefusalUntilAPipeWasDrained() {
        long last = 0;
        for (int refusals = 0; refusals < 5; refusals++) {
            auto.refused();
            long copied = copiedUntilNextTry(auto);
            assertTrue(copied > last, copied + " after " + last);
            last = copied;
        }
        auto.isChatter(LARGE); // it was filled, which says nothing
        auto.refused();
        assertTrue(copiedUntilNextTry(auto) > last);
        auto.drained(SMALL, false);
        auto.refused();
        assertEquals(64 * 1024, copiedUntilNextTry(auto));
    }

    @Test
    void shouldHaveMessagesNoLargerThanWhatWentWellBefore() {
        for (Policy policy : Policy.values()) {
            StreamMeter meter = meter(policy);
            assertEquals(LARGE, meter.mostBytes());
            meter.drained(LARGE, false);
            assertEquals(LARGE, meter.mostBytes());
            meter.drained(SMALL, false);
            assertEquals(LARGE + SMALL, meter.mostBytes());
            meter.drained(8 * LARGE, false);
            assertEquals(4 * LARGE, meter.mostBytes(), "it may lie in the kernel's queues");
            meter.drained(64 * LARGE, false);
            int most = meter.mostBytes();
            assertTrue(most > 4 * LARGE, "no queue holds so much");
            meter.drainedOfAFullOne(LARGE, false);
            assertEquals(most + LARGE, meter.mostBytes());
            meter.drainedOfAFullOne(64 * LARGE, false);
            assertEquals(meter.options.pipeCapacity(), meter.mostBytes());
        }
    }

    @Test
    void shouldHaveMessagesAsLargeAsNettysWhenSomethingDidNotGoWell() {
        for (Consumer<StreamMeter> bad : List.<Consumer<StreamMeter>>of(
                meter -> meter.drainedOfAFullOne(64 * LARGE, true), StreamMeter::drainedFrame, StreamMeter::refused)) {
            auto.drained(64 * LARGE, false);
            bad.accept(auto);
            assertEquals(LARGE, auto.mostBytes());
        }
    }

    /** Pipes are few, and what somebody holds is to be spliced all the same. */
    @Test
    void shouldHaveLargerMessagesButNotTheLargestForSomebodyWhoHoldsThem() {
        auto.drained(64 * LARGE, false);
        auto.drained(LARGE, true);
        assertEquals(4 * LARGE, auto.mostBytes());
        auto.drainedFrame();
        auto.drained(2 * LARGE, true);
        assertEquals(2 * LARGE, auto.mostBytes());
    }

    @Test
    void shouldHaveMessagesNoLargerThanAPipe() {
        for (int capacity : new int[] {4096, 1 << 30}) {
            StreamMeter meter = new StreamMeter(
                    SpliceOptions.builder().pipeCapacity(capacity).build());
            meter.drainedOfAFullOne(capacity, false);
            meter.drainedOfAFullOne(capacity, false);
            assertEquals(capacity, meter.mostBytes());
        }
    }

    private static StreamMeter meter(Policy policy) {
        return new StreamMeter(SpliceOptions.builder().policy(policy).build());
    }

    private static long copiedUntilNextTry(StreamMeter meter) {
        long copied = 0;
        while (!meter.mayBeStream()) {
            meter.copied(MEDIUM);
            copied += MEDIUM;
        }
        return copied;
    }
}
