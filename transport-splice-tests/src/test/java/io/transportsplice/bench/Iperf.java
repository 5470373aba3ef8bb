// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** A load by iperf3, client to server through the relay, as others quote it. Both ends share the load's core. */
final class Iperf {

    static final String PROGRAM = "iperf3";

    private static final int SECONDS = 3;
    private static final int START_SECONDS = 10;
    private static final int PATIENCE_SECONDS = 30;
    private static final double GIB = 1 << 30;

    private final Options options;

    Iperf(Options options) {
        this.options = options;
    }

    Measurement run(RelayProcess relay, Scenario scenario) throws IOException, InterruptedException {
        Process server = startServer(relay);
        try {
            double before = relay.cpuSeconds();
            double busyBefore = Machine.busySeconds(options.relayCore());
            JsonNode result =
                    new ObjectMapper().readTree(client(relay, scenario)).path("end");
            double cpu = relay.cpuSeconds() - before;
            return measurement(result, cpu, Machine.busySeconds(options.relayCore()) - busyBefore - cpu);
        } finally {
            Children.end(server, PATIENCE_SECONDS);
        }
    }

    private Process startServer(RelayProcess relay) throws IOException, InterruptedException {
        String[] target = relay.route().target().split(":", 2);
        Process server = start(relay, List.of("-s", "-1", "-B", target[0], "-p", target[1]));
        if (!Machine.awaitListening(server, Integer.parseInt(target[1]), START_SECONDS)) {
            server.destroyForcibly();
            throw new IOException("iperf3 does not listen");
        }
        return server;
    }

    private String client(RelayProcess relay, Scenario scenario) throws IOException {
        String[] listen = relay.route().listen().split(":", 2);
        List<String> arguments = new ArrayList<>(List.of("-c", listen[0], "-p", listen[1], "-J", "-t", "" + SECONDS));
        arguments.addAll(scenario.load());
        Process client = start(relay, arguments);
        return String.join("\n", client.inputReader().lines().toList());
    }

    private Process start(RelayProcess relay, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(PROGRAM));
        command.addAll(arguments);
        return Children.start(
                new ProcessBuilder(relay.place().loadLine(options.loadCore(), command)).redirectErrorStream(true));
    }

    private static Measurement measurement(JsonNode end, double cpu, double others) throws IOException {
        JsonNode received = end.path("sum_received");
        double seconds = received.path("seconds").asDouble();
        double gib = received.path("bytes").asDouble() / GIB;
        if (gib == 0) {
            throw new IOException("iperf3 moved nothing: " + end);
        }
        JsonNode use = end.path("cpu_utilization_percent");
        Map<Metric, Double> values = new EnumMap<>(Metric.class);
        values.put(Metric.GIGABITS, received.path("bits_per_second").asDouble() / 1e9);
        values.put(Metric.CPU_PER_GIB, cpu / gib);
        values.put(Metric.RETRANSMITS, end.path("sum_sent").path("retransmits").asDouble() / gib);
        values.put(Metric.RELAY_USE, 100 * cpu / seconds);
        values.put(Metric.OTHERS_USE, Math.max(0, 100 * others / seconds));
        values.put(
                Metric.LOAD_USE,
                use.path("host_total").asDouble() + use.path("remote_total").asDouble());
        return new Measurement(values);
    }
}
