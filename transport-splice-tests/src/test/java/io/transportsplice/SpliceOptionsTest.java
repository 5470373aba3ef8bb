// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.transportsplice.SpliceOptions.Policy;
import org.junit.jupiter.api.Test;

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
}
