// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Compares the first minute of JVMs: how long the proxy takes until it listens, and what the first bytes that it relays
 * cost, compilers included. Each is started afresh in each repetition, on one core with all its threads, beside the loop in
 * C as the limit.
 */
public final class StartBenchmark {

    private static final int FIRST_MIB = 3 << 10;
    private static final int MORE_MIB = 7 << 10;
    private static final int LONGEST_MILLIS = 60_000;
    private static final int CONNECTIONS = 16;

    private final Options options;
    private final Load load;
    private final Place place = new Loopback();
    private final Map<String, List<Start>> starts = new LinkedHashMap<>();

    /** Seconds and bytes of one start. */
    private record Start(double listening, double cpuBefore, double resident, double first, double all) {}

    private StartBenchmark(Options options, Workshop workshop) throws IOException, InterruptedException {
        this.options = options;
        load = new Load(workshop.buildC("load", "measure.h", "connection.h", "idle.h"), options);
    }

    /** See {@link Options#USAGE}: {@code --proxy --jdks --reps --pipes --out}, {@code --relays} for names of setups. */
    public static void main(String... arguments) throws Exception {
        try {
            Options options = new Options(arguments);
            Workshop workshop = new Workshop(options.out().resolve("build"));
            Files.createDirectories(options.out().resolve("log"));
            new StartBenchmark(options, workshop).run(relays(options, workshop));
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        }
    }

    private static List<Setup> setups(Options options) throws IOException {
        List<Setup> setups = new ArrayList<>();
        for (Path home : options.jdks()) {
            String version = Files.readString(home.resolve("release"));
            int feature = Integer.parseInt(version.replaceAll("(?s).*JAVA_VERSION=\"(\\d+).*", "$1"));
            setups.addAll(Setup.of(home, feature, options.out()));
        }
        setups.removeIf(setup -> !options.wantsRelay(setup.name()));
        return setups;
    }

    private record Contestant(Relay relay, Optional<Relay> writer) {}

    private static List<Contestant> relays(Options options, Workshop workshop)
            throws IOException, InterruptedException {
        int pipe = options.pipes().get(0);
        String program = workshop.buildC("relay").toString();
        List<Contestant> all = new ArrayList<>();
        all.add(new Contestant(
                new Relay(
                        Results.LIMIT,
                        false,
                        2,
                        pipe,
                        Relay.BULK,
                        route -> Relays.cLine(program, "splice", route, pipe)),
                Optional.empty()));
        for (Setup setup : setups(options)) {
            all.add(new Contestant(
                    setup.relay(options.proxyJar(), pipe),
                    setup.archive().map(archive -> setup.writer(options.proxyJar(), pipe))));
        }
        return all;
    }

    private void run(List<Contestant> contestants) throws IOException, InterruptedException {
        System.out.println(Machine.describe() + ", " + options.repetitions() + " starts of each");
        for (Contestant contestant : contestants) {
            if (contestant.writer().isPresent()) {
                start(contestant.writer().get());
            }
        }
        for (int repetition = 0; repetition < options.repetitions(); repetition++) {
            for (Contestant contestant : contestants) {
                Start start = start(contestant.relay());
                starts.computeIfAbsent(contestant.relay().name(), name -> new ArrayList<>())
                        .add(start);
                System.out.println(contestant.relay().name() + ": " + start);
            }
        }
        System.out.println(Table.align(rows()));
    }

    private Start start(Relay relay) throws IOException, InterruptedException {
        Path log = options.out().resolve("log").resolve(relay.name() + "-start.log");
        long begin = System.nanoTime();
        try (RelayProcess process = RelayProcess.start(relay, place, options.relayCore(), log)) {
            double listening = (System.nanoTime() - begin) / 1e9;
            double cpu = process.cpuSeconds();
            double resident = process.residentBytes() / (double) (1 << 20);
            double first = cost(process, FIRST_MIB);
            double more = cost(process, MORE_MIB);
            double all = (first * FIRST_MIB + more * MORE_MIB) / (FIRST_MIB + MORE_MIB);
            return new Start(listening, cpu, resident, first, all);
        }
    }

    private double cost(RelayProcess process, int mebibytes) throws IOException, InterruptedException {
        List<String> shape = List.of("down=" + CONNECTIONS, "mebibytes=" + mebibytes);
        Scenario scenario = new Scenario("first", "the first bytes", Kind.BULK, shape, 0);
        return load.run(process, scenario, 0, LONGEST_MILLIS).of(Metric.CPU_PER_GIB);
    }

    private List<List<String>> rows() {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of(
                "setup",
                "listens after s",
                "CPU s until then",
                "RSS MiB",
                "first 3 GiB, CPU s/GiB",
                "x C",
                "first 10",
                "x C"));
        List<Start> limit = starts.get(Results.LIMIT);
        starts.forEach((name, all) -> rows.add(List.of(
                name,
                format(all, Start::listening),
                format(all, Start::cpuBefore),
                format(all, Start::resident),
                format(all, Start::first),
                ratio(all, limit, Start::first),
                format(all, Start::all),
                ratio(all, limit, Start::all))));
        return rows;
    }

    private interface Figure {
        double of(Start start);
    }

    private static Spread spread(List<Start> all, Figure figure) {
        return new Spread(all.stream().map(figure::of).toList());
    }

    private static String format(List<Start> all, Figure figure) {
        return String.format(Locale.ROOT, "%.2f", spread(all, figure).median());
    }

    private static String ratio(List<Start> all, List<Start> limit, Figure figure) {
        return String.format(Locale.ROOT, "%.2f", spread(all, figure).ratio(spread(limit, figure)));
    }
}
