// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

/** The relay's two channels: the one a client connected, and the one connected to the backend. */
public enum Side {
    FRONT,
    BACK
}
