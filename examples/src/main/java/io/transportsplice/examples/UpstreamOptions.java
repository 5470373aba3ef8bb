// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** The options of proxies that have upstreams of their own. */
final class UpstreamOptions {
    private static final Pattern ESCAPE = Pattern.compile("\\\\([rn])");

    @Option(
            names = "--to",
            paramLabel = "HOST:PORT[,weight=N]",
            required = true,
            description = "A name's addresses are tried in turn, and looked up again when their time to live is over."
                    + " Given more than once: the one with the fewest connections for its weight (1) is taken, and the"
                    + " next if it cannot be connected to.")
    private List<Target> to;

    @Option(
            names = "--fail-time",
            paramLabel = "TIME",
            defaultValue = "10s",
            description = "An upstream that could not be connected to is left out for so long (${DEFAULT-VALUE}).")
    private Duration failTime;

    @Option(
            names = "--check-interval",
            paramLabel = "TIME",
            defaultValue = "0",
            description =
                    "Connects to each upstream so often, and leaves those out that cannot be connected to; 0 never"
                            + " (${DEFAULT-VALUE}).")
    private Duration checkInterval;

    @Option(
            names = "--check-send",
            paramLabel = "LINE",
            defaultValue = "",
            description = "What such a check says; \\r and \\n are what they are in C.")
    private String checkSend;

    @Option(
            names = "--check-expect",
            paramLabel = "START",
            defaultValue = "",
            description = "How the first line of the answer must begin.")
    private String checkExpect;

    @Option(
            names = "--check-rise",
            paramLabel = "N",
            defaultValue = "2",
            description = "Checks in a row that must succeed before an upstream is taken again (${DEFAULT-VALUE}).")
    private int checkRise;

    @Option(
            names = "--check-fall",
            paramLabel = "N",
            defaultValue = "3",
            description = "Checks in a row that must fail before it is left out (${DEFAULT-VALUE}).")
    private int checkFall;

    void check(ProxyCommand command) {
        if (!to.stream().map(Target::endpoint).allMatch(Endpoint::isConnectable)) {
            throw command.invalid("--to", "port 0 is only to listen");
        }
        if (checkRise < 1 || checkFall < 1) {
            throw command.invalid(checkRise < 1 ? "--check-rise" : "--check-fall", "it takes one at least");
        }
        if (checkInterval.isZero() && !(checkSend.isEmpty() && checkExpect.isEmpty())) {
            throw command.invalid(checkSend.isEmpty() ? "--check-expect" : "--check-send", "it needs --check-interval");
        }
    }

    /** @param opening what checks say first */
    Upstreams upstreams(ProxyServer server, Opening opening) {
        List<Upstream> all = to.stream()
                .map(target -> server.upstreams().get(target, failTime))
                .toList();
        all.forEach(each -> check(server, each, opening));
        return new Upstreams(server.dialer(), all);
    }

    private void check(ProxyServer server, Upstream upstream, Opening opening) {
        if (checkInterval.isZero()) {
            upstream.uncheck();
            return;
        }
        String line =
                ESCAPE.matcher(checkSend).replaceAll(escape -> escape.group(1).equals("r") ? "\r" : "\n");
        Duration timeout = server.config().connectTimeout();
        upstream.check(
                server.nextLoop(),
                new HealthCheck.Plan(checkInterval, timeout, line, checkExpect, checkRise, checkFall),
                HealthCheck.attempt(server, upstream.endpoint(), opening));
    }

    @Override
    public String toString() {
        return to.stream().map(target -> target.endpoint().toString()).collect(Collectors.joining(", "));
    }
}
