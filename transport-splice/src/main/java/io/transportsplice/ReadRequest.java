// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

/** Whether a {@code read()} is outstanding, of a channel that is not adopted. */
enum ReadRequest {
    NONE,
    OUTSTANDING,
    /** Made while autoRead was on: switching that off takes it back. */
    AUTOMATIC,
    /** Nobody knows, as the handler came later. The next message or {@code read()} tells. */
    UNKNOWN,
    /** Nor here, as others stood in front of it and may have read. The same, once they are gone. */
    MISSED;

    boolean isOutstanding(boolean autoRead) {
        return this == OUTSTANDING || (this == AUTOMATIC && autoRead);
    }

    boolean isKnown(boolean autoRead) {
        return (this != UNKNOWN && this != MISSED) || autoRead;
    }

    static ReadRequest made(boolean autoRead) {
        return autoRead ? AUTOMATIC : OUTSTANDING;
    }

    /** The channel's first moment: all that is asked of it is seen from here on. */
    ReadRequest activated() {
        return this == UNKNOWN ? NONE : this;
    }
}
