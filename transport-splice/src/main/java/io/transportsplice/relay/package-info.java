// SPDX-License-Identifier: Apache-2.0
/** A complete relay between two channels, see {@link io.transportsplice.relay.RelayHandler}. It works with splicing and without. */
package io.transportsplice.relay;
