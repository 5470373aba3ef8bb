// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.transportsplice.SpliceFallback;
import io.transportsplice.SpliceMetrics;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** The library's counters as one line, {@code metrics key=value key=value ...}, for scripts to read. */
final class MetricsLine {
    private static final String PREFIX = "metrics ";

    private MetricsLine() {}

    static String format(SpliceMetrics metrics) {
        return PREFIX
                + values(metrics).entrySet().stream().map(Object::toString).collect(Collectors.joining(" "));
    }

    private static Map<String, Long> values(SpliceMetrics metrics) {
        Map<String, Long> values = new LinkedHashMap<>();
        values.put("bytesSpliced", metrics.bytesSpliced());
        values.put("bytesCopied", metrics.bytesCopied());
        values.put("buffers", metrics.buffers());
        values.put("buffersInFlight", metrics.buffersInFlight());
        values.put("adoptions", metrics.adoptions());
        values.put("pipesCreated", metrics.pipesCreated());
        values.put("pipesReused", metrics.pipesReused());
        values.put("pipesInUse", metrics.pipesInUse());
        values.put("pipesPooled", metrics.pipesPooled());
        values.put("pipesClosedDirty", metrics.pipesClosedDirty());
        values.put("pipesTrimmed", metrics.pipesTrimmed());
        values.put("pipesRefused", metrics.pipesRefused());
        for (SpliceFallback reason : SpliceFallback.values()) {
            values.put("fallbacks." + reason, metrics.fallbacks(reason));
        }
        return values;
    }

    static boolean isMetrics(String line) {
        return line.startsWith(PREFIX);
    }

    /** The value of one key of a line made by {@link #format}. */
    static long value(String line, String key) {
        for (String pair : line.substring(PREFIX.length()).split(" ", -1)) {
            if (pair.startsWith(key + "=")) {
                return Long.parseLong(pair.substring(key.length() + 1));
            }
        }
        throw new IllegalArgumentException("no " + key + " in: " + line);
    }
}
