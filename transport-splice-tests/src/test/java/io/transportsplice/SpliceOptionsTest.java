// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.SpliceOptions.Policy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpliceOptionsTest {
    private static final SpliceOptions OPTIONS = SpliceOptions.builder()
            .policy(Policy.ON_DEMAND)
            .pipeCapacity(65536)
            .maxPooledPipes(7)
            .maxInFlight(3)
            .stateEvents(true)
            .build();

    @Test
    void shouldTellAllOfThem() {
        assertEquals(
                "SpliceOptions(policy=ON_DEMAND, pipeCapacity=65536, maxPooledPipes=7, maxInFlight=3, stateEvents=true)",
                OPTIONS.toString());
    }

    /** As the text tells all of them, it stands for them. */
    @Test
    void shouldBeChangedByABuilderThatStartsFromThem() {
        assertNotEquals(OPTIONS.toString(), SpliceOptions.defaults().toString());
        assertEquals(OPTIONS.toString(), OPTIONS.toBuilder().build().toString());
        SpliceOptions changed = OPTIONS.toBuilder().maxInFlight(4).build();
        assertEquals(OPTIONS.toString().replace("maxInFlight=3", "maxInFlight=4"), changed.toString());
    }

    private static SpliceOptions.Builder set(SpliceOptions.Builder builder, String option, int value) {
        return switch (option) {
            case "pipeCapacity" -> builder.pipeCapacity(value);
            case "maxPooledPipes" -> builder.maxPooledPipes(value);
            case "maxInFlight" -> builder.maxInFlight(value);
            default -> throw new AssertionError(option);
        };
    }

    @ParameterizedTest
    @CsvSource({
        "pipeCapacity, 4095",
        "pipeCapacity, 1073741825",
        "pipeCapacity, 2147483647",
        "pipeCapacity, 0",
        "pipeCapacity, -1",
        "maxPooledPipes, -1",
        "maxPooledPipes, -2147483648",
        "maxInFlight, 0",
        "maxInFlight, -3"
    })
    void shouldRefuseAValueOutOfRangeByTheOptionsNameAndKeepTheLast(String option, int value) {
        SpliceOptions.Builder builder = OPTIONS.toBuilder();
        String told = assertThrows(IllegalArgumentException.class, () -> set(builder, option, value))
                .getMessage();
        assertTrue(told.matches(option + " ?: " + value + " \\(expected: .+"), told);
        assertEquals(OPTIONS.toString(), builder.build().toString());
    }

    @ParameterizedTest
    @CsvSource({
        "pipeCapacity, 4096",
        "pipeCapacity, 1073741824",
        "maxPooledPipes, 0",
        "maxPooledPipes, 2147483647",
        "maxInFlight, 1",
        "maxInFlight, 2147483647"
    })
    void shouldTakeTheFirstAndTheLastOfARange(String option, int value) {
        String options = set(SpliceOptions.builder(), option, value).build().toString();
        assertTrue(options.contains(option + "=" + value + ","), options);
    }

    @Test
    void shouldRefuseNullByTheName() {
        SpliceOptions.Builder builder = OPTIONS.toBuilder();
        assertEquals(
                "policy",
                assertThrows(NullPointerException.class, () -> builder.policy(null))
                        .getMessage());
        assertEquals(OPTIONS.toString(), builder.build().toString());
        assertEquals(
                "options",
                assertThrows(NullPointerException.class, () -> new EpollSpliceHandler(null))
                        .getMessage());
    }
}
