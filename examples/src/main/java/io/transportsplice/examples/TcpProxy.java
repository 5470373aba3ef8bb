package io.transportsplice.examples;

import io.netty.channel.Channel;
import io.transportsplice.relay.RelayHandler;
import java.io.PrintWriter;
import picocli.CommandLine;
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
    }

    @Override
    ProxyService service(ProxyServer server, PrintWriter log) {
        String cannot = server.config().name() + ": cannot connect to " + upstreamOptions;
        return new Service(server, upstreamOptions.upstreams(server), new Complaint(log, cannot));
    }

    private final class Service implements ProxyService {
        private final ProxyServer server;
        private final Upstreams upstreams;
        private final Complaint complaint;

        Service(ProxyServer server, Upstreams upstreams, Complaint complaint) {
            this.server = server;
            this.upstreams = upstreams;
            this.complaint = complaint;
        }

        @Override
        public void accepted(Channel client) {
            if (!acceptProxy) {
                connect(client, ProxyHeader.of(client));
                return;
            }
            ProxyHeaderReader reader = new ProxyHeaderReader(header -> {
                HandshakeGuard.done(client.pipeline());
                connect(client, header);
            });
            HandshakeGuard.begin(client, server.config().handshakeTimeout(), server.counters(), reader.handlers());
        }

        private void connect(Channel client, ProxyHeader header) {
            upstreams.connect(client).addListener(connecting -> {
                if (connecting.isSuccess()) {
                    join(client, (Channel) connecting.getNow(), header);
                } else if (client.isActive()) {
                    complaint.about(connecting.cause());
                    server.counters().refused(Refusal.NO_UPSTREAM);
                    RelayHandler.reset(client);
                }
            });
        }

        private void join(Channel client, Channel upstream, ProxyHeader header) {
            if (sendProxy != null && header.send(upstream, sendProxy).cause() != null) {
                // without the header, what the client sends could pass for one
                RelayHandler.reset(upstream);
                RelayHandler.reset(client);
            } else {
                server.connector().join(client, upstream);
            }
        }
    }
}
