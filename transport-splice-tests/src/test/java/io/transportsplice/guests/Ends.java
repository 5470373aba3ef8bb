// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

/** Which of the two channels that a stream passes is meant. */
enum Ends {
    SOURCE,
    SINK,
    BOTH;

    boolean include(Ends one) {
        return this == BOTH || this == one;
    }
}
