// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.transportsplice.testing.Carriage;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Rig;

/** What the parts of the relay contract need from the class that runs them. */
interface RelayFixture {
    int KIB = 1024;
    int MIB = 1024 * KIB;

    Mode mode();

    /** Whether channels are adopted when they register, and not by their handler. */
    default boolean wraps() {
        return false;
    }

    /** A fresh rig for each test, closed and checked after it. */
    Rig rig();

    /** Counts from before the test's first byte. */
    Carriage carriage();

    /** Proves that the bytes went the way the mode says. */
    default void verifyCarriage(long bytes) {
        carriage().verify(mode(), bytes);
    }

    /** Proves the same of a transfer that nobody could take for anything but a stream. */
    default void verifyStreamCarriage(long bytes) {
        carriage().verifyStream(mode(), bytes);
    }
}
