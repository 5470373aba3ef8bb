// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.testing.Pattern.Origin;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The tests see nothing that the pattern does not show them. */
class PatternTest {
    private static final Pattern PATTERN = new Pattern(Pattern.MAX_ID);

    @Test
    void shouldBeTheSameHoweverItIsCut() {
        byte[] whole = PATTERN.bytes(0, 1000);
        for (int from = 0; from < 40; from++) {
            for (int to = from; to < from + 40; to++) {
                assertArrayEquals(Arrays.copyOfRange(whole, from, to), PATTERN.bytes(from, to - from));
                assertEquals(-1, PATTERN.firstMismatch(whole, from, to - from, from));
            }
        }
    }

    @Test
    void shouldNameTheFirstWrongPosition() {
        byte[] bytes = PATTERN.bytes(1003, 100);
        bytes[57]++;
        bytes[70]++;
        assertEquals(1003 + 57, PATTERN.firstMismatch(bytes, 0, bytes.length, 1003));
        AssertionError error = assertThrows(AssertionError.class, () -> PATTERN.verify(bytes, 0, bytes.length, 1003));
        assertTrue(error.getMessage().contains("position 1060"), error::getMessage);
    }

    @Test
    void shouldNoticeALostByteAndAByteTwice() {
        byte[] bytes = PATTERN.bytes(0, 4096);
        for (int lost = 0; lost < 64; lost++) {
            byte[] shorter = new byte[4095];
            System.arraycopy(bytes, 0, shorter, 0, lost);
            System.arraycopy(bytes, lost + 1, shorter, lost, 4095 - lost);
            assertTrue(PATTERN.firstMismatch(shorter, 0, 4095, 0) >= lost);
            assertTrue(PATTERN.firstMismatch(bytes, 0, 4096, lost + 1) >= 0);
        }
    }

    @Test
    void shouldTellWhereBytesComeFrom() {
        for (int id : new int[] {0, 1, 12_345, Pattern.MAX_ID}) {
            for (long position : new long[] {0, 1, 7, 8, 1_000_003, 1L << 41}) {
                byte[] bytes = new Pattern(id).bytes(position, 23);
                assertEquals(Optional.of(new Origin(id, position)), Pattern.originOf(bytes, 0, bytes.length));
            }
        }
        assertEquals(Optional.empty(), Pattern.originOf(new byte[100], 0, 100));
    }

    @Test
    void shouldDifferBetweenIds() {
        byte[] one = new Pattern(1).bytes(0, 4096);
        long wrong = new Pattern(2).firstMismatch(one, 0, one.length, 0);
        assertTrue(wrong >= 0 && wrong < 16, () -> "first differs at " + wrong);
    }
}
