// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

/** What becomes of a message. */
enum ModelFate {
    WRITTEN,
    HELD,
    RELEASED,
    RELEASED_ELSEWHERE,
    /** Where the loop, for now, takes no tasks. */
    RELEASED_WHILE_QUEUE_IS_FULL,
    /** Two owners write it: the stream has it twice, unless they fail. */
    WRITTEN_TWICE,
    /** A look at the bytes, then written. */
    LOOKED_AT,
    LOOKED_AT_ELSEWHERE,
    /** A copy is written, and the original released. */
    COPIED,
    /** A duplicate is written, and the original released. */
    DUPLICATED,
    /** Two slices are written, one after the other. */
    SPLIT,
    /** The second half is written, the first is not. */
    SLICED,
    /** Somebody else has it, too, until the next message. */
    SHARED,
    /** Both sinks get it. */
    BROADCAST,
    /** The other sink gets it. */
    REDIRECTED,
    /** Its own far end gets it. */
    ECHOED,
    /** Its write is cancelled, if that is still possible, and the other sink gets it. */
    CANCELLED
}
