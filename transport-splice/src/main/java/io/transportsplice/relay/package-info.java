// SPDX-License-Identifier: Apache-2.0
/** A complete relay between two channels, see {@link io.transportsplice.relay.RelayHandler}. It knows nothing of splicing. */
package io.transportsplice.relay;
