// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs the load program on its core. */
final class Load {

    private static final int PATIENCE_SECONDS = 120;
    private static final int FIRST_PAIRS = 200;

    private final Path program;
    private final Options options;

    Load(Path program, Options options) {
        this.program = program;
        this.options = options;
    }

    /** One load from its start to its end. */
    Measurement run(RelayProcess relay, Scenario scenario) throws IOException, InterruptedException {
        if (scenario.kind() == Kind.IPERF) {
            return new Iperf(options).run(relay, scenario);
        }
        return run(relay, scenario, options.settleMillis(), options.windowMillis());
    }

    Measurement run(RelayProcess relay, Scenario scenario, int settleMillis, int windowMillis)
            throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(scenario.load());
        arguments.add("warmup=" + settleMillis);
        arguments.add("window=" + windowMillis);
        arguments.add("idle=" + Relays.affordablePairs(relay.relay(), scenario.idlePairs()));
        Process process = start(relay, arguments);
        String result = readResult(process);
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0 || result == null) {
            process.destroyForcibly();
            throw new IOException("the load failed on " + scenario.id() + ": " + errors(process));
        }
        return Measurement.of(scenario.kind(), result);
    }

    /** Looks at a fresh relay before and while it holds idle pairs. */
    Measurement hold(RelayProcess relay, Scenario scenario) throws IOException, InterruptedException {
        if (relay.relay().isJvm()) {
            hold(relay, FIRST_PAIRS, held -> held); // its first pairs load classes: what that takes is not a pair's
        }
        Footprint before = Footprint.of(relay);
        int wanted = Relays.affordablePairs(relay.relay(), scenario.idlePairs());
        return hold(relay, wanted, held -> Footprint.of(relay).growthPerPair(before, held));
    }

    private <T> T hold(RelayProcess relay, int wanted, Look<T> look) throws IOException, InterruptedException {
        Process process = start(relay, List.of("idle=" + wanted));
        try {
            String result = readResult(process);
            if (result == null) {
                throw new IOException("the load failed on idle pairs: " + errors(process));
            }
            String held = result.substring(result.indexOf('=') + 1).trim();
            return look.at(Integer.parseInt(held));
        } finally {
            process.getOutputStream().close(); // tells it to let go
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        }
    }

    /** What is done while the pairs are held. */
    @FunctionalInterface
    private interface Look<T> {
        T at(int pairsHeld) throws IOException, InterruptedException;
    }

    private Process start(RelayProcess relay, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                program.toString(),
                "listen=" + relay.route().target(),
                "connect=" + relay.route().listen(),
                "pid=" + relay.pid(),
                "core=" + options.relayCore()));
        command.addAll(arguments);
        List<String> line = relay.place().loadLine(options.loadCore(), command);
        return Children.start(new ProcessBuilder(line));
    }

    /** {@code null} if it ends without one, which is in time: the load program never outlives its alarm. */
    private static String readResult(Process process) throws IOException {
        BufferedReader reader = process.inputReader();
        return reader.readLine();
    }

    private static String errors(Process process) {
        return String.join(" / ", process.errorReader().lines().toList());
    }
}
