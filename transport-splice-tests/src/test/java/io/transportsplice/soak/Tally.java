// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.soak;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** Counts the outcomes of a run. */
final class Tally {
    private static final int MAX_LINES = 50;

    private final Map<Verdict, Long> counts = new EnumMap<>(Verdict.class);
    private final StringBuilder failures = new StringBuilder();
    private int lines;
    private long bytes;

    void count(Verdict verdict, String what) {
        counts.merge(verdict, 1L, Long::sum);
        if (verdict.isFailure() || verdict == Verdict.RESET_SEEN_CLEAN) {
            if (lines++ < MAX_LINES) {
                String line = verdict + ": " + what;
                failures.append(line).append('\n');
                System.out.println(line);
            }
        }
    }

    void countBytes(long n) {
        bytes += n;
    }

    long of(Verdict verdict) {
        return counts.getOrDefault(verdict, 0L);
    }

    long connections() {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    boolean hasFailures() {
        return counts.keySet().stream().anyMatch(Verdict::isFailure);
    }

    /** One line for each failure, up to a bound. */
    String failures() {
        return failures.toString();
    }

    @Override
    public String toString() {
        StringBuilder line = new StringBuilder()
                .append("connections=")
                .append(connections())
                .append(" MiB=")
                .append(bytes >> 20);
        for (Verdict verdict : Verdict.values()) {
            line.append(' ')
                    .append(verdict.name().toLowerCase(Locale.ROOT))
                    .append('=')
                    .append(of(verdict));
        }
        return line.toString();
    }
}
