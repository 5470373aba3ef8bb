package io.transportsplice.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Predicate;

/**
 * Compares relays: each is a process of its own, pinned to one core, and a load drives it from another. A repetition
 * starts every relay afresh, one after the other, warms it up if it is a JVM, and puts it under every load; none runs
 * beside another, since the pipes of a user are limited together. Nothing leaves the machine.
 */
public final class RelayBenchmark {

    private final Options options;
    private final List<Scenario> scenarios;
    private final Results results = new Results();
    private final Workshop workshop;
    private final Load load;
    private final List<Relay> relays;
    private final Progress progress;

    private RelayBenchmark(Options options) throws IOException, InterruptedException {
        this.options = options;
        workshop = new Workshop(options.out().resolve("build"));
        load = new Load(workshop.buildC("load", "measure.h", "connection.h", "idle.h"), options);
        Relays all = new Relays(options, workshop);
        all.absent().forEach(absent -> results.note("skipped " + absent));
        relays = all.found();
        scenarios = new ArrayList<>(options.scenarios());
        progress = new Progress(relays, scenarios, options.repetitions());
        Files.createDirectories(options.out().resolve("log"));
    }

    /** See {@link Options#USAGE}. */
    public static void main(String... arguments) throws Exception {
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
        new Report(options, relays, scenarios, results).write();
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
        for (int repetition = 1; repetition <= options.repetitions(); repetition++) {
            List<Relay> order = new ArrayList<>(relays);
            Collections.rotate(order, repetition - 1); // no relay is always the first, or always after the same one
            for (Relay relay : order) {
                visit(place, relay, there, repetition);
            }
        }
    }

    private void visit(Place place, Relay relay, Predicate<Scenario> there, int repetition)
            throws InterruptedException {
        Visit visit = new Visit(options, load, results, progress, relay, repetition);
        List<Scenario> met =
                scenarios.stream().filter(there).filter(relay::meets).toList();
        boolean looksAtMemory = repetition == 1 || !options.isQuick(); // memory is not noisy
        try {
            if (looksAtMemory) {
                visit.holdIdle(place, met.stream().filter(Scenario::isIdleOnly).toList());
            }
            visit.drive(
                    place,
                    met.stream().filter(scenario -> !scenario.isIdleOnly()).toList());
        } catch (IOException e) {
            results.note(relay.name() + ", repetition " + repetition + ": " + e.getMessage());
            progress.say(relay.name() + " failed: " + e.getMessage());
        }
    }
}
