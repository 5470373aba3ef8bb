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
    /** Others stood in front of the handler and may have read: better one message unasked for than none at all. */
    ASSUMED;

    boolean isOutstanding(boolean autoRead) {
        return switch (this) {
            case NONE, UNKNOWN -> false;
            case AUTOMATIC -> autoRead;
            case OUTSTANDING, ASSUMED -> true;
        };
    }

    boolean isKnown(boolean autoRead) {
        return this != UNKNOWN || autoRead;
    }

    ReadRequest made(boolean autoRead) {
        return this == ASSUMED ? ASSUMED : autoRead ? AUTOMATIC : OUTSTANDING;
    }

    ReadRequest satisfied() {
        return this == ASSUMED ? ASSUMED : NONE;
    }

    /** The channel's first moment: all that is asked of it is seen from here on. */
    ReadRequest activated() {
        return this == UNKNOWN ? NONE : this;
    }
}
