// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.BaseUnits;
import java.util.concurrent.atomic.LongAdder;

/** Bytes relayed, those that clients sent and those that upstreams did. Any thread. */
record Traffic(LongAdder up, LongAdder down) {
    Traffic() {
        this(new LongAdder(), new LongAdder());
    }

    /** @param tags names and values, by turns */
    void register(MeterRegistry registry, String name, String description, String... tags) {
        register(registry, name, description, "up", up, tags);
        register(registry, name, description, "down", down, tags);
    }

    private static void register(
            MeterRegistry registry,
            String name,
            String description,
            String direction,
            LongAdder bytes,
            String... tags) {
        FunctionCounter.builder(name, bytes, LongAdder::sum)
                .description(description)
                .baseUnit(BaseUnits.BYTES)
                .tags(tags)
                .tag("direction", direction)
                .register(registry);
    }
}
