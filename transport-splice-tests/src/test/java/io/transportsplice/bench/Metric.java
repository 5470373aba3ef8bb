// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.util.Locale;

/** A figure that a run of a load yields. */
enum Metric {
    THROUGHPUT("GiB/s", 2),
    GIGABITS("Gbit/s", 1),
    CPU_PER_GIB("CPU s/GiB", 3),
    USER_PER_GIB("user s/GiB", 3),
    SYSTEM_PER_GIB("sys s/GiB", 3),
    /** Of the relay and of the load: a relay that falls behind lets its senders pay. */
    ALL_PER_GIB("all s/GiB", 3),
    RETRANSMITS("retrans/GiB", 0),
    RATE("per s", 0),
    CPU_PER_ROUND("CPU us", 2),
    USER_PER_ROUND("user us", 2),
    SYSTEM_PER_ROUND("sys us", 2),
    P50("p50 us", 1),
    P99("p99 us", 1),
    P999("p99.9 us", 1),
    PAIRS("pairs", 0),
    FDS_PER_PAIR("fds/pair", 2),
    RSS_PER_PAIR("RSS KiB/pair", 2),
    HEAP_PER_PAIR("heap B/pair", 0),
    /** Of its core, the share that the relay used: near 100 % it is what limits the throughput. */
    RELAY_USE("relay %", 0),
    LOAD_USE("load %", 0),
    /** Of the relay's core, the share that others used, interrupts included: much of it and the run says little. */
    OTHERS_USE("others %", 0),
    /** Connections that were cut short, or were not closed two seconds after the load had ended. */
    BROKEN("broken", 0);

    private final String label;
    private final int decimals;

    Metric(String label, int decimals) {
        this.label = label;
        this.decimals = decimals;
    }

    String label() {
        return label;
    }

    String format(double value) {
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }

    /** As it is named in the JSON file. */
    String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
