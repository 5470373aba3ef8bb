// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import org.jspecify.annotations.NullMarked;

/** How a relay ended: see {@link RelayHandler#end}. */
@NullMarked
public enum RelayEnd {
    /** Both directions ended, each with its last byte. */
    FINISHED,
    /** Nothing moved for the time allowed. */
    TIMEOUT,
    /** A channel had an error: a reset, for instance. */
    FAILED,
    /** A channel was closed before both directions had ended, by this side as a rule. */
    CLOSED
}
