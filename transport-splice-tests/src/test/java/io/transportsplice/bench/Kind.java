// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.util.List;

/** What a load does, hence which figures tell of it. */
enum Kind {
    BULK,
    /** Requests and responses, on lasting connections or on a new one each time. */
    ROUNDS,
    /** A small request and response beside bulk: how long does it wait? */
    FAIRNESS,
    IDLE,
    /** Bulk, by iperf3. */
    IPERF;

    /** The figure that relays are compared by; the lower, the better. */
    Metric headline() {
        return switch (this) {
            case BULK, IPERF -> Metric.CPU_PER_GIB;
            case ROUNDS -> Metric.CPU_PER_ROUND;
            case FAIRNESS -> Metric.P99;
            case IDLE -> Metric.RSS_PER_PAIR;
        };
    }

    /** The figure that is shown beside that one. */
    Metric second() {
        return switch (this) {
            case BULK -> Metric.THROUGHPUT;
            case ROUNDS -> Metric.P99;
            case FAIRNESS -> Metric.THROUGHPUT;
            case IDLE -> Metric.HEAP_PER_PAIR;
            case IPERF -> Metric.GIGABITS;
        };
    }

    List<Metric> metrics() {
        return switch (this) {
            case BULK ->
                List.of(
                        Metric.THROUGHPUT,
                        Metric.CPU_PER_GIB,
                        Metric.USER_PER_GIB,
                        Metric.SYSTEM_PER_GIB,
                        Metric.ALL_PER_GIB,
                        Metric.RETRANSMITS);
            case ROUNDS ->
                List.of(
                        Metric.RATE,
                        Metric.CPU_PER_ROUND,
                        Metric.USER_PER_ROUND,
                        Metric.SYSTEM_PER_ROUND,
                        Metric.P50,
                        Metric.P99,
                        Metric.P999);
            case FAIRNESS -> List.of(Metric.P50, Metric.P99, Metric.P999, Metric.THROUGHPUT);
            case IDLE -> List.of(Metric.PAIRS, Metric.FDS_PER_PAIR, Metric.RSS_PER_PAIR, Metric.HEAP_PER_PAIR);
            case IPERF -> List.of(Metric.GIGABITS, Metric.CPU_PER_GIB, Metric.RETRANSMITS);
        };
    }
}
