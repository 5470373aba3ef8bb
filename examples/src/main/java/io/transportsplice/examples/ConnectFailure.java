// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.channel.ConnectTimeoutException;
import io.netty.resolver.dns.DnsNameResolverTimeoutException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;

/** Why an upstream could not be connected to. */
enum ConnectFailure {
    REFUSED,
    /** Be it the host or its network: Netty does not tell. */
    UNREACHABLE,
    /** The host's name is unknown. */
    UNRESOLVED,
    /** No answer in time, be it from the upstream or from the name server. */
    TIMEOUT,
    /** We have no file descriptor left for it. */
    NO_DESCRIPTOR,
    /** The client went away first, or another address of the same name was faster. */
    ABANDONED,
    OTHER;

    static ConnectFailure of(Throwable cause) {
        if (cause instanceof ConnectTimeoutException || cause.getCause() instanceof DnsNameResolverTimeoutException) {
            return TIMEOUT;
        }
        if (cause instanceof UnknownHostException) {
            return UNRESOLVED;
        }
        if (cause instanceof NoRouteToHostException) {
            return UNREACHABLE;
        }
        if (cause instanceof ConnectException) {
            return REFUSED;
        }
        if (cause instanceof ClosedChannelException) {
            return ABANDONED;
        }
        return AcceptFailure.isNoDescriptor(cause) ? NO_DESCRIPTOR : OTHER;
    }
}
