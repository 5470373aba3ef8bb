// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/** The figures of one run. */
record Measurement(Map<Metric, Double> values) {

    private static final double GIB = 1 << 30;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double NANOS_PER_MICRO = 1e3;
    static final double TICKS_PER_SECOND = 100; // USER_HZ, the same on all that Netty's epoll runs on

    double of(Metric metric) {
        return values.getOrDefault(metric, Double.NaN);
    }

    /** From the line of name=value that the load program prints. */
    static Measurement of(Kind kind, String line) {
        Map<String, Double> raw = new HashMap<>();
        for (String pair : line.trim().split(" ", -1)) {
            int equals = pair.indexOf('=');
            raw.put(pair.substring(0, equals), Double.parseDouble(pair.substring(equals + 1)));
        }
        Map<Metric, Double> values = new EnumMap<>(Metric.class);
        addUse(raw, values);
        if (kind != Kind.ROUNDS) {
            addBytes(raw, values);
        }
        if (raw.get("finished") > 0) {
            addRounds(raw, values);
        }
        values.put(Metric.BROKEN, raw.get("errors") + raw.get("unclosed"));
        if (raw.get("held") > 0) {
            values.put(Metric.PAIRS, raw.get("held"));
        }
        return new Measurement(values);
    }

    private static void addUse(Map<String, Double> raw, Map<Metric, Double> values) {
        double wall = raw.get("wall");
        double relay = raw.get("cpu") / wall;
        double core = raw.get("core") / TICKS_PER_SECOND / (wall / NANOS_PER_SECOND);
        values.put(Metric.RELAY_USE, 100 * relay);
        values.put(Metric.LOAD_USE, 100 * raw.get("load") / wall);
        values.put(Metric.OTHERS_USE, 100 * Math.max(0, core - relay));
    }

    private static void addBytes(Map<String, Double> raw, Map<Metric, Double> values) {
        double gib = raw.get("bytes") / GIB;
        double cpu = raw.get("cpu") / NANOS_PER_SECOND;
        values.put(Metric.THROUGHPUT, gib / (raw.get("wall") / NANOS_PER_SECOND));
        values.put(Metric.CPU_PER_GIB, cpu / gib);
        values.put(Metric.USER_PER_GIB, cpu * userShare(raw) / gib);
        values.put(Metric.SYSTEM_PER_GIB, cpu * (1 - userShare(raw)) / gib);
        values.put(Metric.ALL_PER_GIB, cpu / gib + raw.get("load") / NANOS_PER_SECOND / gib);
        values.put(Metric.RETRANSMITS, raw.get("retransmits") / gib);
    }

    private static void addRounds(Map<String, Double> raw, Map<Metric, Double> values) {
        double rounds = raw.get("finished");
        double cpu = raw.get("cpu") / NANOS_PER_MICRO / rounds;
        values.put(Metric.RATE, rounds / (raw.get("wall") / NANOS_PER_SECOND));
        values.put(Metric.CPU_PER_ROUND, cpu);
        values.put(Metric.USER_PER_ROUND, cpu * userShare(raw));
        values.put(Metric.SYSTEM_PER_ROUND, cpu * (1 - userShare(raw)));
        values.put(Metric.P50, raw.get("p50") / NANOS_PER_MICRO);
        values.put(Metric.P99, raw.get("p99") / NANOS_PER_MICRO);
        values.put(Metric.P999, raw.get("p999") / NANOS_PER_MICRO);
    }

    /** The CPU time is exact, but its shares are known to the tick only. */
    private static double userShare(Map<String, Double> raw) {
        double user = raw.get("user");
        double system = raw.get("system");
        return user + system == 0 ? 0 : user / (user + system);
    }
}
