// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.channel.Channel;
import io.netty.handler.ipfilter.IpFilterRule;
import io.transportsplice.relay.RelayHandler;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * An HTTP/1.1 reverse proxy: it reads and writes heads by Netty's codec, which passes large bodies on without a look. Each
 * client connection has an upstream connection of its own, so that what HTTP says of a connection is true of both.
 */
@Command(
        name = "http-reverse-proxy",
        sortOptions = false,
        description = {
            "An HTTP/1.1 reverse proxy; large bodies with a Content-Length are spliced.",
            "Forwarded and X-Forwarded-* tell the upstream who the client is."
        },
        footer = ProxyCommand.FOOTER)
final class HttpReverseProxy extends ProxyCommand {
    @Mixin
    private UpstreamOptions upstreamOptions;

    @Option(
            names = "--trust",
            paramLabel = "CIDR",
            description = "Proxies in front whose Forwarded and X-Forwarded-* are passed on; those of others are not.")
    private List<IpFilterRule> trusted = List.of();

    @Override
    void check() {
        upstreamOptions.check(this);
        noStock();
    }

    @Override
    ProxyService service(ProxyServer server) {
        Upstreams upstreams = upstreamOptions.upstreams(server, Opening.NONE);
        Complaint complaint = new Complaint("cannot connect to " + upstreamOptions);
        HttpForwarding forwarding = new HttpForwarding(trusted);
        return client -> new HttpExchanges(
                client,
                server.counters(),
                forwarding,
                server.config().handshakeTimeout(),
                exchanges -> upstreams.connect(client, Opening.NONE).addListener(connecting -> {
                    if (connecting.isSuccess()) {
                        join(server, exchanges, client, (Channel) connecting.getNow());
                    } else if (client.isActive()) {
                        complaint.about(connecting.cause());
                        exchanges.cannotConnect(connecting.cause());
                    }
                }));
    }

    private static void join(ProxyServer server, HttpExchanges exchanges, Channel client, Channel upstream) {
        if (exchanges.connected(upstream)) {
            server.connector().join(client, upstream);
        } else {
            RelayHandler.reset(upstream);
        }
    }
}
