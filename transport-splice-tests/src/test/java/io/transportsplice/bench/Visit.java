// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.io.IOException;
import java.nio.file.Path;

/** A look at one relay: a process of it is started, warmed up and put under loads. */
final class Visit implements AutoCloseable {

    /** Above this share of the relay's core, other programs have disturbed a run. */
    static final double DISTURBED_PERCENT = 5;

    private final Options options;
    private final Load load;
    private final Results results;
    private final Progress progress;
    private final Relay relay;
    private final RelayProcess process;

    private Visit(Options options, Load load, Results results, Progress progress, Relay relay, RelayProcess process) {
        this.options = options;
        this.load = load;
        this.results = results;
        this.progress = progress;
        this.relay = relay;
        this.process = process;
    }

    static Visit start(
            Options options, Load load, Results results, Progress progress, Relay relay, Place place, int repetition)
            throws IOException, InterruptedException {
        Path log = options.out().resolve("log").resolve(relay.name() + "-" + repetition + ".log");
        RelayProcess process = RelayProcess.start(relay, place, options.relayCore(), log);
        return new Visit(options, load, results, progress, relay, process);
    }

    Relay relay() {
        return relay;
    }

    void warmUp() throws IOException, InterruptedException {
        if (relay.isJvm()) {
            int rounds = new Warmup(load, options.warmupRounds()).run(process);
            progress.say(relay.name() + " is warm after " + rounds + " rounds");
        }
    }

    /** On a fresh process: what it has grown to under load would hide what a pair needs. */
    void holdIdle(Scenario scenario) throws IOException, InterruptedException {
        done(scenario, load.hold(process, scenario));
    }

    void drive(Scenario scenario) throws IOException, InterruptedException {
        done(scenario, measure(scenario));
    }

    /** Once more if other programs took part of the core, and then the least disturbed of all. */
    private Measurement measure(Scenario scenario) throws IOException, InterruptedException {
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
        progress.done(relay, scenario, measurement);
    }

    @Override
    public void close() throws IOException {
        process.close();
        results.lastWords(relay, process.said());
    }
}
