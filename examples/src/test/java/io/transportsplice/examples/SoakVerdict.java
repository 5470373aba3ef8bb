// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

/** How one end of a connection of the soak has fared, from good to bad. */
enum SoakVerdict {
    /** All bytes, each as it was sent, and then the end. */
    OK,
    /** The reset that was planned, and no end before it. */
    RESET,
    /** An end, or a reset, before all bytes had come. */
    LOST,
    /** Bytes that nobody sent here. */
    WRONG,
    /** It did not end at all. */
    HUNG;

    boolean isFault() {
        return compareTo(LOST) >= 0;
    }

    /** What is to be said of a connection whose two ends have fared so. */
    SoakVerdict and(SoakVerdict other) {
        return compareTo(other) >= 0 ? this : other;
    }
}
