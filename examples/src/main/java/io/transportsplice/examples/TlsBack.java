// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.transportsplice.relay.RelayHandler;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLException;

/**
 * TLS with upstreams, whose certificates have to be of a trusted authority, and for the name that they were given as.
 *
 * @param name what the certificates have to be for; empty for the host's name or address
 */
record TlsBack(TlsContexts contexts, Optional<String> name, int timeoutMillis) {

    /**
     * Puts TLS before the relay, if there is one, of an upstream that is connected.
     *
     * @param protocols to offer it
     */
    Future<Channel> open(Channel upstream, Endpoint to, List<String> protocols) {
        SslHandler tls;
        try {
            InetSocketAddress peer = to.address() instanceof InetSocketAddress inet
                    ? inet
                    : InetSocketAddress.createUnresolved("localhost", 0);
            String host = name.orElse(peer.getHostString());
            tls = contexts.of(protocols).newHandler(upstream.alloc(), host, peer.getPort());
        } catch (SSLException | IllegalArgumentException e) {
            return upstream.eventLoop().newFailedFuture(e);
        }
        tls.setHandshakeTimeoutMillis(timeoutMillis);
        ChannelHandlerContext relay = upstream.pipeline().context(RelayHandler.class);
        if (relay != null) {
            upstream.pipeline().addBefore(relay.name(), null, tls);
        } else {
            upstream.pipeline().addFirst(tls);
        }
        upstream.read(); // the relay reads nothing before it is joined
        return tls.handshakeFuture();
    }

    /** Whether an upstream is well, but speaks none of the protocols that it was offered for a client: RFC 7301, section 3.2. */
    static boolean hasNoProtocol(Throwable failure) {
        return failure instanceof SSLException
                && String.valueOf(failure.getMessage()).contains("no_application_protocol");
    }

    /** What an upstream has chosen of what it was offered; empty if it does not know of such a choice. */
    static List<String> chosen(Channel upstream) {
        SslHandler tls = upstream.pipeline().get(SslHandler.class);
        return Optional.ofNullable(tls.applicationProtocol()).map(List::of).orElse(List.of());
    }
}
