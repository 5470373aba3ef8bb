package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.SpliceOptions.Policy;
import org.junit.jupiter.api.Test;

class StreamMeterTest {
    private static final long LARGE = 64 * 1024;
    private static final long SMALL = 4 * 1024;

    private final StreamMeter auto =
            new StreamMeter(SpliceOptions.builder().policy(Policy.AUTO).build());

    @Test
    void shouldStartAfterAFewLargeBurstsInARow() {
        assertFalse(auto.isStream(LARGE));
        assertFalse(auto.isStream(LARGE));
        assertFalse(auto.isStream(SMALL), "the row is broken");
        assertFalse(auto.isStream(LARGE));
        assertFalse(auto.isStream(LARGE));
        assertTrue(auto.isStream(LARGE));
    }

    @Test
    void shouldNeverStartForChatter() {
        for (int i = 0; i < 10_000; i++) {
            assertFalse(auto.isStream(SMALL));
        }
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
    void shouldTakeAWholeRunToStartAgainAfterItStopped() {
        auto.started();
        for (int i = 0; i < 3; i++) {
            assertEquals(i == 2, auto.isChatter(SMALL));
        }
        assertFalse(auto.isStream(LARGE), "those were small ones");
        assertFalse(auto.isStream(LARGE));
        assertTrue(auto.isStream(LARGE));
    }

    @Test
    void shouldNotOscillateBetweenItsThresholds() {
        for (long burst = 16 * 1024; burst < 32 * 1024; burst += 512) {
            StreamMeter meter =
                    new StreamMeter(SpliceOptions.builder().policy(Policy.AUTO).build());
            for (int i = 0; i < 100; i++) {
                assertFalse(meter.isStream(burst), "started at " + burst);
                assertFalse(meter.isChatter(burst), "stopped at " + burst);
            }
        }
    }

    @Test
    void shouldSpliceAlwaysOrNeverWhereToldTo() {
        assertTrue(new StreamMeter(SpliceOptions.builder().policy(Policy.ALWAYS).build()).isStream(1));
        StreamMeter never =
                new StreamMeter(SpliceOptions.builder().policy(Policy.NEVER).build());
        StreamMeter always =
                new StreamMeter(SpliceOptions.builder().policy(Policy.ALWAYS).build());
        for (int i = 0; i < 10; i++) {
            assertFalse(never.isStream(LARGE));
            assertFalse(always.isChatter(1));
        }
    }

    @Test
    void shouldWaitLongerAfterEachRefusal() {
        StreamMeter meter =
                new StreamMeter(SpliceOptions.builder().policy(Policy.ALWAYS).build());
        long last = 0;
        for (int refusals = 0; refusals < 5; refusals++) {
            meter.refused();
            long copied = copiedUntilNextTry(meter);
            assertTrue(copied > last, copied + " after " + last);
            last = copied;
        }
        meter.isChatter(LARGE); // it was filled, which says nothing
        meter.refused();
        assertTrue(copiedUntilNextTry(meter) > last);
        meter.drained();
        meter.refused();
        assertEquals(64 * 1024, copiedUntilNextTry(meter));
    }

    private static long copiedUntilNextTry(StreamMeter meter) {
        long copied = 0;
        boolean tries;
        do {
            tries = meter.isStream(1024);
            copied += 1024;
        } while (!tries);
        return copied;
    }
}
