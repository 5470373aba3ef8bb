// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import io.transportsplice.SpliceOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** The command line of {@link RelayBenchmark} and {@link StartBenchmark}. */
final class Options {

    static final String USAGE = """
            RelayBenchmark [--quick] [--NAME=VALUE]...
              --quick             few loads, short windows, less than six minutes
              --interleaved       all relays at once, one at a time under load: for small differences
              --relays=A,B        only relays in whose names one of these expressions is found (auto, ^auto$)
              --scenarios=A,B     only loads in whose ids one of these is found
              --reps=N            how often each relay is started and visited (5, quick 2)
              --window=MS         how long each load is measured (2000, quick 800)
              --settle=MS         how long it runs before that (500, quick 200)
              --retries=N         how often a run is repeated that other programs disturbed (2, quick 0)
              --warmup-rounds=N   the most rounds of mixed load that a JVM gets to compile what is hot (10, quick 3)
              --pipes=SIZE,SIZE   sizes of pipes; the first for everything, the others for bulk alone
                                  (the library's default and 256k, 64k; quick: the first)
              --relay-core=N      the core that relays are pinned to (0)
              --load-core=N       the core of the load (1)
              --proxy=JAR         the proxy (examples/target/tcp-proxy.jar)
              --rival=JAR         the proxy of another build, which is measured beside it (none)
              --jdks=HOME,HOME    whose first minutes StartBenchmark compares (the one that runs it)
              --against=FILE      the relay.json of an earlier run, for a table of ratios (none); paths are
                                  relative to transport-splice-tests
              --out=DIR           where relay.json, its page and the logs go (target/bench)""";

    private static final Set<String> NAMES = Set.of(
            "relays",
            "scenarios",
            "reps",
            "window",
            "settle",
            "retries",
            "warmup-rounds",
            "pipes",
            "relay-core",
            "load-core",
            "proxy",
            "rival",
            "jdks",
            "against",
            "out");

    /** Those that name files. */
    private static final Set<String> FILES = Set.of("proxy", "rival", "jdks", "against", "out");

    private final List<String> given;
    private final boolean quick;
    private final boolean interleaved;
    private final Map<String, String> values = new HashMap<>();

    /** @throws IllegalArgumentException with a text for the user */
    Options(String... arguments) {
        given = List.of(arguments);
        boolean quickAsked = false;
        boolean interleavingAsked = false;
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            if (argument.equals("--quick")) {
                quickAsked = true;
            } else if (argument.equals("--interleaved")) {
                interleavingAsked = true;
            } else if (argument.startsWith("--") && equals > 0 && NAMES.contains(argument.substring(2, equals))) {
                values.put(argument.substring(2, equals), argument.substring(equals + 1));
            } else {
                throw new IllegalArgumentException("unknown option " + argument + "\n" + USAGE);
            }
        }
        quick = quickAsked;
        interleaved = interleavingAsked;
    }

    /** What was given, but for files, which another machine has elsewhere. */
    List<String> repeatable() {
        return given.stream()
                .filter(argument ->
                        !FILES.contains(argument.replaceFirst("^--", "").replaceFirst("=.*", "")))
                .toList();
    }

    private int number(String name, int full, int ifQuick) {
        String value = values.get(name);
        return value != null ? Integer.parseInt(value) : quick ? ifQuick : full;
    }

    private List<String> list(String name) {
        String value = values.get(name);
        return value == null ? List.of() : Arrays.asList(value.split(",", -1));
    }

    private static boolean isWanted(String name, List<String> wanted) {
        return wanted.isEmpty()
                || wanted.stream()
                        .anyMatch(part -> Pattern.compile(part).matcher(name).find());
    }

    boolean isQuick() {
        return quick;
    }

    boolean wantsRelay(String name) {
        return isWanted(name, list("relays"));
    }

    List<Scenario> scenarios() {
        List<String> wanted = list("scenarios");
        return (quick ? Scenarios.quick() : Scenarios.full())
                .stream().filter(scenario -> isWanted(scenario.id(), wanted)).toList();
    }

    boolean isInterleaved() {
        return interleaved;
    }

    int repetitions() {
        return number("reps", 5, 2);
    }

    int windowMillis() {
        return number("window", 2_000, 800);
    }

    int settleMillis() {
        return number("settle", 500, 200);
    }

    int retries() {
        return number("retries", 2, 0);
    }

    int warmupRounds() {
        return number("warmup-rounds", 10, 3);
    }

    List<Integer> pipes() {
        List<String> wanted = list("pipes");
        if (!wanted.isEmpty()) {
            return wanted.stream().map(Units::parseBytes).toList();
        }
        int ours = SpliceOptions.defaults().pipeCapacity();
        return quick
                ? List.of(ours)
                : List.of(ours, 256 << 10, 64 << 10).stream().distinct().toList();
    }

    int relayCore() {
        return number("relay-core", 0, 0);
    }

    int loadCore() {
        return number("load-core", 1, 1);
    }

    /** The proxy's jar, which may not exist. */
    Path proxyJar() {
        Path given = Path.of(values.getOrDefault("proxy", "examples/target/tcp-proxy.jar"));
        boolean fromModule = !values.containsKey("proxy") && !Files.exists(given);
        return (fromModule ? Path.of("..").resolve(given) : given)
                .toAbsolutePath()
                .normalize();
    }

    Optional<Path> rival() {
        return Optional.ofNullable(values.get("rival"))
                .map(jar -> Path.of(jar).toAbsolutePath().normalize());
    }

    List<Path> jdks() {
        List<String> homes = list("jdks");
        return (homes.isEmpty() ? List.of(System.getProperty("java.home")) : homes)
                .stream().map(Path::of).toList();
    }

    /** @throws IllegalArgumentException with a text for the user */
    Optional<Run> against() {
        return Optional.ofNullable(values.get("against")).map(Options::read);
    }

    private static Run read(String file) {
        Path path = Path.of(file).toAbsolutePath().normalize();
        try {
            return Run.read(path);
        } catch (IOException e) {
            throw new IllegalArgumentException("--against: cannot read " + path, e);
        }
    }

    Path out() {
        return Path.of(values.getOrDefault("out", "target/bench")).toAbsolutePath();
    }

    @Override
    public String toString() {
        return (quick ? "quick" : "full") + " preset, " + (interleaved ? "interleaved, " : "") + repetitions()
                + " repetitions, windows of " + windowMillis()
                + " ms after " + settleMillis() + " ms, pipes of "
                + String.join(", ", pipes().stream().map(Units::bytes).toList());
    }
}
