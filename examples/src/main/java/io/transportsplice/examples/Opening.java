// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;

/** What is to be said to an upstream before anything is relayed. */
interface Opening {
    /** There is nothing to say. */
    Opening NONE = (upstream, to) -> upstream.eventLoop().newSucceededFuture(upstream);

    /**
     * Called once the upstream is connected, on its event loop. A failure means that it is of no use.
     *
     * @param to where it was connected to: a name, if it was given as one
     */
    Future<Channel> open(Channel upstream, Endpoint to);
}
