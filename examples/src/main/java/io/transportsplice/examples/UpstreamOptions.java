package io.transportsplice.examples;

import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** The options of proxies that have upstreams of their own. */
final class UpstreamOptions {
    @Option(
            names = "--to",
            paramLabel = "HOST:PORT",
            required = true,
            description = "A name's addresses are tried in turn, and looked up again when their time to live is over."
                    + " Given more than once: the one with the fewest connections is taken, and the next if it cannot"
                    + " be connected to.")
    private List<Endpoint> to;

    @Option(
            names = "--fail-time",
            paramLabel = "TIME",
            defaultValue = "10s",
            description = "An upstream that could not be connected to is left out for so long (${DEFAULT-VALUE}).")
    private Duration failTime;

    void check(ProxyCommand command) {
        if (!to.stream().allMatch(Endpoint::isConnectable)) {
            throw command.invalid("--to", "port 0 is only to listen");
        }
    }

    Upstreams upstreams(ProxyServer server) {
        Upstreams upstreams = new Upstreams(server.dialer(), to, failTime);
        server.counters().watch(upstreams.all());
        return upstreams;
    }

    @Override
    public String toString() {
        return to.stream().map(Endpoint::toString).collect(Collectors.joining(", "));
    }
}
