// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Mode;
import java.io.IOException;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A short torture for every build; {@link Torture#main} is for the long ones. */
@ExtendWith(Baseline.class)
@Timeout(180) // it gives up by itself before
class TortureTest {
    private static final int SECONDS = 4;
    private static final long SEED = 20_260_101;

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY"})
    void shouldLoseNothingInARandomTorture(Mode mode) throws IOException {
        verify(TortureOptions.of(mode, false, SECONDS, 1, SEED));
    }

    /** Its seed is printed, so that it can be run again. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY"})
    void shouldLoseNothingInATortureThatDiffersEachTime(Mode mode) throws IOException {
        int seed = ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE);
        verify(TortureOptions.of(mode, true, SECONDS, 2, seed));
    }

    private static void verify(TortureOptions options) throws IOException {
        Tally tally = new Torture(options).run();
        assertFalse(tally.hasFailures(), () -> tally + "\n" + tally.failures());
        assertEquals(0, tally.of(Verdict.RESET_SEEN_CLEAN), tally::failures);
        assertTrue(tally.connections() > 50, tally::toString);
    }
}
