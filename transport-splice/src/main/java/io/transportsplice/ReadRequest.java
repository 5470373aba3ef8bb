// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

/** Whether a {@code read()} is outstanding, of a channel that is not adopted. */
enum ReadRequest {
    NONE,
    OUTSTANDING,
    /** Made while autoRead was on: switching that off takes it back. */
    AUTOMATIC,
    /** Nobody else was there when the handler came: if the channel is about to be registered, nobody has read. */
    ALONE,
    /**
     * Nobody knows: somebody may have read before the handler came, or in front of it. A read() tells, once it is the first. A
     * message does not: who leaves may replay one, and have asked for more.
     */
    UNKNOWN;

    boolean isOutstanding(boolean autoRead) {
        return this == OUTSTANDING || (this == AUTOMATIC && autoRead);
    }

    /** Whether it is known what is outstanding, and nobody keeps back the {@code read()} that autoRead makes. */
    boolean isSettled(boolean autoRead) {
        return isKnown() && (this != NONE || !autoRead);
    }

    boolean isKnown() {
        return this != UNKNOWN && this != ALONE;
    }

    /** The channel's first moment. */
    ReadRequest registered() {
        return this == ALONE ? NONE : this;
    }

    static ReadRequest made(boolean autoRead) {
        return autoRead ? AUTOMATIC : OUTSTANDING;
    }
}
