// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.comparison;

/** What a relay did in some case, in words, and whether that is as it should be. */
record Finding(boolean good, String words) {
    static Finding of(boolean good, String format, Object... args) {
        return new Finding(good, String.format(java.util.Locale.ROOT, format, args));
    }
}
