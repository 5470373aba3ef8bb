// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.channel.Channel;

/** What a proxy does with its clients. */
interface ProxyService {
    /**
     * A client was accepted and is prepared to be relayed: nothing is read from it until it is joined with an upstream,
     * or a handshake begins. Called on the client's event loop.
     */
    void accepted(Channel client);
}
