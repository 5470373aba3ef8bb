// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

/** What has become of a channel's input. */
enum Input {
    OPEN,
    /** No more comes from the socket, but somebody before us may hold some. */
    ENDING,
    /** All of it has come. */
    ENDED,
    /** More would have come. */
    CUT
}
