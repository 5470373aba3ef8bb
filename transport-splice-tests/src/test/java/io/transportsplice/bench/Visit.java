package io.transportsplice.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A repetition's look at one relay: processes of it are started, warmed up and put under every load. */
final class Visit {

    /** Above this share of the relay's core, other programs have disturbed a run. */
    static final double DISTURBED_PERCENT = 5;

    private final Options options;
    private final Load load;
    private final Results results;
    private final Progress progress;
    private final Relay relay;
    private final int repetition;

    Visit(Options options, Load load, Results results, Progress progress, Relay relay, int repetition) {
        this.options = options;
        this.load = load;
        this.results = results;
        this.progress = progress;
        this.relay = relay;
        this.repetition = repetition;
    }

    /** On a fresh process: what it has grown to under load would hide what a pair needs. */
    void holdIdle(Place place, List<Scenario> idle) throws IOException, InterruptedException {
        for (Scenario scenario : idle) {
            try (RelayProcess process = start(place)) {
                done(scenario, load.hold(process, scenario));
            }
        }
    }

    void drive(Place place, List<Scenario> driven) throws IOException, InterruptedException {
        if (driven.isEmpty()) {
            return;
        }
        RelayProcess process = start(place);
        try (process) {
            if (relay.isJvm()) {
                int rounds = new Warmup(load, options.warmupRounds()).run(process);
                progress.say(relay.name() + " is warm after " + rounds + " rounds");
            }
            for (Scenario scenario : driven) {
                done(scenario, measure(process, scenario));
            }
        } finally {
            results.lastWords(relay, process.said());
        }
    }

    private RelayProcess start(Place place) throws IOException, InterruptedException {
        Path log = options.out().resolve("log").resolve(relay.name() + "-" + repetition + ".log");
        return RelayProcess.start(relay, place, options.relayCore(), log);
    }

    /** Once more if other programs took part of the core, and then the least disturbed of all. */
    private Measurement measure(RelayProcess process, Scenario scenario) throws IOException, InterruptedException {
        Measurement best = load.run(process, scenario);
        for (int i = 0; i < options.retries() && best.of(Metric.OTHERS_USE) > DISTURBED_PERCENT; i++) {
            Measurement again = load.run(process, scenario);
            if (again.of(Metric.OTHERS_USE) < best.of(Metric.OTHERS_USE)) {
                best = again;
            }
        }
        return best;
    }

    private void done(Scenario scenario, Measurement measurement) {
        results.add(scenario, relay, measurement);
        progress.done(repetition, relay, scenario, measurement);
    }
}
