// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;

/** What a relay occupies. */
record Footprint(int descriptors, long residentBytes, long heapBytes) {

    static Footprint of(RelayProcess relay) throws IOException, InterruptedException {
        long heap = relay.heapBytes(); // first: it collects, and what it frees is not the pairs'
        return new Footprint(relay.descriptors(), relay.residentBytes(), heap);
    }

    Measurement growthPerPair(Footprint before, int pairs) {
        Map<Metric, Double> values = new EnumMap<>(Metric.class);
        double each = Math.max(1, pairs);
        values.put(Metric.PAIRS, (double) pairs);
        values.put(Metric.FDS_PER_PAIR, (descriptors - before.descriptors) / each);
        values.put(Metric.RSS_PER_PAIR, (residentBytes - before.residentBytes) / 1024.0 / each);
        if (heapBytes > 0) {
            values.put(Metric.HEAP_PER_PAIR, (heapBytes - before.heapBytes) / each);
        }
        return new Measurement(values);
    }
}
