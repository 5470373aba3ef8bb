// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.soak;

/** How a connection went, as seen by one of its ends. Those that may never happen come last. */
enum Verdict {
    OK,
    /** One end reset the connection, and the other end saw a reset. */
    RESET,
    /** One end reset the connection, and to the other end it looked like a clean end. */
    RESET_SEEN_CLEAN,
    /** A clean end came before all bytes had. */
    LOST,
    /** It never came to the other end: a proxy may have refused it, which whoever has closed already does not see. */
    UNREACHED,
    /** Bytes of this connection, but not the ones that belong here. */
    WRONG,
    /** Bytes of another connection. */
    FOREIGN,
    /** A reset that nobody asked for. */
    BROKEN,
    /** Nothing moved for a long time. */
    HANG;

    boolean isFailure() {
        return compareTo(LOST) >= 0;
    }
}
