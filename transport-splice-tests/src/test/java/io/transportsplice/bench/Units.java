// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.util.Locale;

/** Sizes as people write them. */
final class Units {

    private Units() {}

    static String bytes(int bytes) {
        if (bytes >= 1 << 20 && bytes % (1 << 20) == 0) {
            return (bytes >> 20) + " MiB";
        }
        return bytes >= 1 << 10 && bytes % (1 << 10) == 0 ? (bytes >> 10) + " KiB" : bytes + " B";
    }

    /** As in {@code 256k} or {@code 1m}. */
    static String shortBytes(int bytes) {
        return bytes(bytes).replace(" KiB", "k").replace(" MiB", "m").replace(" B", "");
    }

    static int parseBytes(String text) {
        String lower = text.trim().toLowerCase(Locale.ROOT);
        int shift = lower.endsWith("m") ? 20 : lower.endsWith("k") ? 10 : 0;
        return Integer.parseInt(shift == 0 ? lower : lower.substring(0, lower.length() - 1)) << shift;
    }

    static String connections(int n) {
        return n == 1 ? "1 connection" : n + " connections";
    }
}
