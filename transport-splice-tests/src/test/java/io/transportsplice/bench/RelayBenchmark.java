// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Compares relays: each is a process of its own, pinned to one core, and a load drives it from another. A repetition
 * starts every relay afresh, one after the other, warms it up if it is a JVM, and puts it under every load; none runs
 * beside another, since the pipes of a user are limited together. Interleaved, all live at once, one at a time has a load,
 * and a scenario's repetitions follow one another: for small differences on a machine whose speed changes. Nothing leaves
 * the machine.
 */
public final class RelayBenchmark {

    private final Options options;
    private final Optional<Run> earlier;
    private final List<Scenario> scenarios;
    private final Results results = new Results();
    private final Workshop workshop;
    private final Load load;
    private final List<Relay> relays;
    private final Progress progress;

    private RelayBenchmark(Options options) throws IOException, InterruptedException {
        this.options = options;
        earlier = options.against(); // now, not when all has been measured
        workshop = new Workshop(options.out().resolve("build"));
        load = new Load(workshop.buildC("load", "measure.h", "connection.h", "idle.h"), options);
        Relays all = new Relays(options, workshop);
        all.absent().forEach(absent -> results.note("skipped " + absent));
        relays = all.found();
        scenarios = new ArrayList<>(options.scenarios());
        if (Machine.find(Iperf.PROGRAM).isEmpty() && scenarios.removeIf(scenario -> scenario.kind() == Kind.IPERF)) {
            results.note("skipped iperf3: it is not on the path");
        }
        progress = new Progress(relays, scenarios, options.repetitions());
        Files.createDirectories(options.out().resolve("log"));
    }

    /** See {@link Options#USAGE}. */
    public static void main(String... arguments) throws Exception {
        if (List.of(arguments).contains("--help")) {
            System.out.println(Options.USAGE);
            return;
        }
        try {
            if (Runtime.getRuntime().availableProcessors() < 2
                    || Machine.find("taskset").isEmpty()) {
                throw new IllegalArgumentException(
                        "needs two cores, and taskset of util-linux to pin processes to them");
            }
            new RelayBenchmark(new Options(arguments)).run();
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        }
    }

    private void run() throws IOException, InterruptedException {
        progress.say(Machine.describe() + "; " + options);
        results.notes().forEach(progress::say);
        runOn(new Loopback(), scenario -> !scenario.isOnWire());
        if (scenarios.stream().anyMatch(Scenario::isOnWire)) {
            runOnWire();
        }
        new Report(options, earlier, relays, scenarios, results).write();
    }

    private void runOnWire() throws InterruptedException {
        try (Wire wire = Wire.open(workshop.buildC("offload"))) {
            runOn(wire, Scenario::isOnWire);
        } catch (IOException e) {
            results.note("skipped segments of 1,500 B: " + e.getMessage());
            progress.say("cannot make a network namespace: " + e.getMessage());
        }
    }

    private void runOn(Place place, Predicate<Scenario> there) throws InterruptedException {
        List<Scenario> here = scenarios.stream().filter(there).toList();
        List<Scenario> driven =
                here.stream().filter(scenario -> !scenario.isIdleOnly()).toList();
        holdIdle(place, here.stream().filter(Scenario::isIdleOnly).toList());
        if (options.isInterleaved()) {
            interleave(place, driven);
        } else {
            for (int repetition = 1; repetition <= options.repetitions(); repetition++) {
                for (Relay relay : inTurn(relays, repetition)) {
                    visit(relay, place, repetition, met(relay, driven));
                }
            }
        }
    }

    /** None is always the first, or always after the same one. */
    private static <T> List<T> inTurn(List<T> all, int repetition) {
        List<T> order = new ArrayList<>(all);
        Collections.rotate(order, repetition - 1);
        return order;
    }

    private static List<Scenario> met(Relay relay, List<Scenario> scenarios) {
        return scenarios.stream().filter(relay::meets).toList();
    }

    private void holdIdle(Place place, List<Scenario> idle) throws InterruptedException {
        int repetitions =
                options.isQuick() || options.isInterleaved() ? 1 : options.repetitions(); // memory is not noisy
        for (int repetition = 1; repetition <= repetitions; repetition++) {
            for (Relay relay : relays) {
                for (Scenario scenario : met(relay, idle)) {
                    try (Visit visit = start(relay, place, repetition)) {
                        visit.holdIdle(scenario);
                    } catch (IOException e) {
                        failed(relay, e);
                    }
                }
            }
        }
    }

    private Visit start(Relay relay, Place place, int repetition) throws IOException, InterruptedException {
        return Visit.start(options, load, results, progress, relay, place, repetition);
    }

    private void visit(Relay relay, Place place, int repetition, List<Scenario> driven) throws InterruptedException {
        if (driven.isEmpty()) {
            return;
        }
        try (Visit visit = start(relay, place, repetition)) {
            visit.warmUp();
            for (Scenario scenario : driven) {
                visit.drive(scenario);
            }
        } catch (IOException e) {
            failed(relay, e);
        }
    }

    /** A machine is another one from minute to minute: what is compared is measured within seconds. */
    private void interleave(Place place, List<Scenario> driven) throws InterruptedException {
        List<Visit> visits = new ArrayList<>();
        try {
            for (Relay relay : relays) {
                if (!met(relay, driven).isEmpty()) {
                    visits.add(start(relay, place, 1));
                    visits.get(visits.size() - 1).warmUp();
                }
            }
            for (Scenario scenario : driven) {
                driveInTurn(visits, scenario);
            }
        } catch (IOException e) {
            results.note("the run ended early: " + e.getMessage());
            progress.say("it ends early: " + e.getMessage());
        } finally {
            visits.forEach(this::end);
        }
    }

    private void driveInTurn(List<Visit> visits, Scenario scenario) throws IOException, InterruptedException {
        List<Visit> met =
                visits.stream().filter(visit -> visit.relay().meets(scenario)).toList();
        for (int repetition = 1; repetition <= options.repetitions(); repetition++) {
            for (Visit visit : inTurn(met, repetition)) {
                visit.drive(scenario);
            }
        }
    }

    private void end(Visit visit) {
        try {
            visit.close();
        } catch (IOException e) {
            failed(visit.relay(), e);
        }
    }

    private void failed(Relay relay, IOException e) {
        results.note(relay.name() + ": " + e.getMessage());
        progress.say(relay.name() + " failed: " + e.getMessage());
    }
}
