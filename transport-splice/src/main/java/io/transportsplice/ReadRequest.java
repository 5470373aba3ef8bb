// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

/** Whether a {@code read()} is outstanding, of a channel that is not adopted. */
enum ReadRequest {
    NONE,
    OUTSTANDING,
    /** Made while autoRead was on: switching that off takes it back. */
    AUTOMATIC,
    /**
     * Nobody knows: the handler came later, or others stood in front. A read() tells, once it is the first. A message does not:
     * who leaves may replay one, and have asked for more.
     */
    UNKNOWN;

    boolean isOutstanding(boolean autoRead) {
        return this == OUTSTANDING || (this == AUTOMATIC && autoRead);
    }

    boolean isKnown(boolean autoRead) {
        return this != UNKNOWN || autoRead;
    }

    static ReadRequest made(boolean autoRead) {
        return autoRead ? AUTOMATIC : OUTSTANDING;
    }

    /** The channel's first moment: all that is asked of it is seen from here on. */
    ReadRequest registered() {
        return this == UNKNOWN ? NONE : this;
    }
}
