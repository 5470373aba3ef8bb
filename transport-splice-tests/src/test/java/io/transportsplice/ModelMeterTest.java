// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.SpliceOptions.Policy;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.BeforeTry;

/** {@link StreamMeter} under any traffic, driven as its source drives it: copying or splicing, as it says. */
class ModelMeterTest {

    private static final int LARGE = 32 * 1024;
    private static final int SMALL = 16 * 1024;
    private static final int RUN = 3;

    /** Traffic that goes on for long. */
    private static final int MANY = 60;

    private StreamMeter meter;
    private boolean splicing;
    private int switches;

    @BeforeTry
    void startAnew() {
        meter = new StreamMeter(SpliceOptions.builder().policy(Policy.AUTO).build());
        splicing = false;
        switches = 0;
    }

    private void burst(int bytes) {
        if (!splicing && meter.mayBeStream() && meter.isStream(bytes)) {
            splicing = true;
            switches++;
            meter.started();
        }
        if (!splicing) {
            meter.copied(bytes);
        } else if (meter.isChatter(bytes)) {
            splicing = false;
            switches++;
        }
    }

    private void refuse() {
        if (splicing) {
            meter.refused();
            splicing = false;
        }
    }

    private void bursts(List<Integer> sizes) {
        sizes.forEach(this::burst);
    }

    private static final int LARGEST = 2 * 1024 * 1024;

    @Provide
    Arbitrary<Integer> anything() {
        return Arbitraries.integers().between(1, LARGEST);
    }

    @Provide
    Arbitrary<Integer> large() {
        return Arbitraries.integers().between(LARGE, LARGEST);
    }

    @Provide
    Arbitrary<Integer> between() {
        return Arbitraries.integers().between(SMALL, LARGE - 1);
    }

    @Provide
    Arbitrary<Integer> small() {
        return Arbitraries.integers().between(1, SMALL - 1);
    }

    @Property
    void shouldSettleForAnyTrafficOfOneSize(
            @ForAll List<@From("anything") Integer> before, @ForAll("anything") int size) {
        bursts(before);
        burst(size);
        switches = 0;
        for (int i = 0; i < MANY; i++) {
            burst(size);
        }
        assertTrue(switches <= 1, () -> switches + " switches");
    }

    @Property
    void shouldSpliceWhatIsLargeWhateverCameBefore(
            @ForAll List<@From("anything") Integer> before, @ForAll @Size(MANY) List<@From("large") Integer> stream) {
        bursts(before);
        switches = 0;
        bursts(stream);
        assertTrue(splicing);
        assertTrue(switches <= 1, () -> switches + " switches");
    }

    @Property
    void shouldCopyWhatIsSmallWhateverCameBefore(
            @ForAll List<@From("anything") Integer> before, @ForAll @Size(MANY) List<@From("small") Integer> chatter) {
        bursts(before);
        switches = 0;
        bursts(chatter);
        assertFalse(splicing);
        assertTrue(switches <= 1, () -> switches + " switches");
    }

    @Property
    void shouldStayAsItIsForWhatIsNeither(
            @ForAll List<@From("anything") Integer> before,
            @ForAll @Size(MANY) List<@From("between") Integer> neither) {
        bursts(before);
        boolean then = splicing;
        switches = 0;
        bursts(neither);
        assertEquals(then, splicing);
        assertEquals(0, switches);
    }

    /** It takes a whole run of small ones to stop, so it starts and stops at most once for each such run. */
    @Property
    void shouldNotSwitchMoreOftenThanRunsAllow(@ForAll List<@From("anything") Integer> traffic) {
        bursts(traffic);
        assertTrue(switches <= 2 * traffic.size() / RUN + 1, () -> switches + " switches");
    }

    /** A kernel that always refuses is asked ever less: the copied bytes between two tries double. */
    @Property
    void shouldAskAKernelThatRefusesEverLess(@ForAll @Size(MANY) List<@From("large") Integer> stream) {
        long total = 0;
        int tries = 0;
        for (int size : stream) {
            burst(size);
            total += size;
            if (splicing) {
                refuse();
                tries++;
            }
        }
        long most = 1; // the first try costs nothing
        for (long holdOff = 64 * 1024, sum = 0; (sum += holdOff) <= total; holdOff = Math.min(2 * holdOff, 64L << 20)) {
            most++;
        }
        int tried = tries;
        long bound = most;
        assertTrue(tried >= 1 && tried <= bound, () -> tried + " tries, at most " + bound + " expected");
    }
}
