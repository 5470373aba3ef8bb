// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.channel.Channel;

/** A way to pass the bytes of one channel on to another and back. Its methods are called on the channels' event loop. */
interface Relay {
    /** Sets a new channel up so that nothing is read from it until it is joined. */
    void prepare(Channel channel);

    /** Starts to pass bytes in both directions. Both channels are prepared, connected and on the same event loop. */
    void join(Channel client, Channel upstream);
}
