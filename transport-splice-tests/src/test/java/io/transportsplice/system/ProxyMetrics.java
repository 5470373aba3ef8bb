// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.system;

import io.transportsplice.SpliceFallback;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;

/** The counters that the proxy printed when it ended. */
final class ProxyMetrics {
    private static final String PREFIX = "metrics ";

    private final Map<String, Long> values;

    private ProxyMetrics(String line) {
        values = Arrays.stream(line.substring(PREFIX.length()).split(" ", -1))
                .map(pair -> pair.split("=", 2))
                .collect(Collectors.toMap(pair -> pair[0], pair -> Long.valueOf(pair[1])));
    }

    static ProxyMetrics parse(String output) {
        return output.lines()
                .filter(line -> line.startsWith(PREFIX))
                .findFirst()
                .map(ProxyMetrics::new)
                .orElseThrow(() -> new AssertionError("no metrics in: " + output));
    }

    long value(String name) {
        Long value = values.get(name);
        if (value == null) {
            throw new AssertionError("no " + name + " in " + values);
        }
        return value;
    }

    long fallbacks(SpliceFallback... reasons) {
        return Arrays.stream(reasons)
                .mapToLong(reason -> value("fallbacks." + reason))
                .sum();
    }

    /** Fallbacks for any reason but these. */
    long fallbacksBut(SpliceFallback... reasons) {
        return fallbacks(SpliceFallback.values()) - fallbacks(reasons);
    }

    @Override
    public String toString() {
        return values.toString();
    }
}
