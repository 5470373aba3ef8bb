// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import io.transportsplice.relay.RelayHandler;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A TCP (or unix-domain) relay whose bytes need not enter user space, in front of one upstream or several. */
@Command(
        name = "tcp-proxy",
        sortOptions = false,
        description = "Relays connections to other addresses, splicing the bytes where that pays.",
        footer = ProxyCommand.FOOTER)
public final class TcpProxy extends ProxyCommand {
    @Mixin
    private UpstreamOptions upstreamOptions;

    @Option(
            names = "--accept-proxy",
            description = "Each client must begin with a PROXY protocol header, version 1 or 2. Not in stock.")
    private boolean acceptProxy;

    @Option(
            names = "--send-proxy",
            paramLabel = "v1|v2",
            description = "Tells the upstream the client's address by a PROXY protocol header.")
    private ProxyHeader.Version sendProxy;

    @Mixin
    private ClientOptions clientOptions;

    @ArgGroup(validate = false, heading = "TLS (not in stock):%n")
    private TlsOptions tls = new TlsOptions();

    TcpProxy() {}

    /** Runs the proxy until a signal ends it. */
    public static void main(String... args) {
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return Conversions.register(new CommandLine(new TcpProxy()));
    }

    @Override
    void check() {
        upstreamOptions.check(this);
        if (acceptProxy && mode() == Mode.STOCK) {
            throw invalid("--accept-proxy", "not in mode stock");
        }
        clientOptions.check(this);
        tls.check(this);
    }

    @Override
    Optional<Integer> pipeCapacity() {
        return super.pipeCapacity().or(clientOptions::pipeCapacity);
    }

    @Override
    ProxyService service(ProxyServer server) throws IOException {
        return new Service(server, new Complaint("cannot connect to " + upstreamOptions));
    }

    private final class Service implements ProxyService {
        private final ProxyServer server;
        private final Complaint complaint;
        private final Upstreams upstreams;
        private final Optional<TlsFront> front;
        private final Optional<TlsBack> back;

        Service(ProxyServer server, Complaint complaint) throws IOException {
            this.server = server;
            this.complaint = complaint;
            front = tls.front(server);
            back = tls.back(server.config());
            upstreams = upstreamOptions.upstreams(
                    server, (upstream, to) -> open(upstream, to, ProxyHeader.UNKNOWN, List.of()));
        }

        @Override
        public void accepted(Channel client) {
            if (!clientOptions.admits(client, server)) {
                return;
            }
            if (!acceptProxy) {
                greet(client, ProxyHeader.of(client));
                return;
            }
            ProxyHeaderReader reader = new ProxyHeaderReader(header -> {
                HandshakeGuard.done(client.pipeline());
                header.client().ifPresent(Session.of(client)::isFor);
                greet(client, header);
            });
            HandshakeGuard.begin(client, server, reader.handlers());
        }

        private void greet(Channel client, ProxyHeader header) {
            if (front.isEmpty()) {
                relay(client, header, List.of());
            } else if (back.isEmpty()) {
                front.get().accept(client, tls.protocols(), () -> relay(client, header, List.of()));
            } else {
                front.get().acceptBehind(client, offered -> connect(client, header, offered), this::join);
            }
        }

        private void relay(Channel client, ProxyHeader header, List<String> protocols) {
            Future<Channel> connecting = connect(client, header, protocols);
            connecting.addListener(done -> {
                if (connecting.isSuccess()) {
                    join(client, connecting.getNow());
                }
            });
        }

        private void join(Channel client, Channel upstream) {
            clientOptions.shape(client);
            clientOptions.shape(upstream);
            server.connector().join(client, upstream);
        }

        /** @param protocols to offer an upstream that speaks TLS */
        private Future<Channel> connect(Channel client, ProxyHeader header, List<String> protocols) {
            Future<Channel> connecting =
                    upstreams.connect(client, (upstream, to) -> open(upstream, to, header, protocols));
            return connecting.addListener(done -> {
                if (!connecting.isSuccess() && client.isActive()) {
                    refused(client, connecting.cause());
                    RelayHandler.reset(client);
                }
            });
        }

        private void refused(Channel client, Throwable cause) {
            if (TlsBack.hasNoProtocol(cause)) {
                server.counters().refused(client, Refusal.PROTOCOL);
            } else {
                complaint.about(cause);
                server.counters().refused(client, Refusal.NO_UPSTREAM);
            }
        }

        private Future<Channel> open(Channel upstream, Endpoint to, ProxyHeader header, List<String> protocols) {
            if (sendProxy != null) {
                Throwable failure = header.send(upstream, sendProxy).cause();
                if (failure != null) { // without the header, what the client sends could pass for one
                    return upstream.eventLoop().newFailedFuture(failure);
                }
            }
            return back.isEmpty()
                    ? upstream.eventLoop().newSucceededFuture(upstream)
                    : back.get().open(upstream, to, protocols);
        }
    }
}
