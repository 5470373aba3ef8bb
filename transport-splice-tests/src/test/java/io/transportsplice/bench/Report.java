// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is left when all is done: a table, a JSON file, a page made of it. */
final class Report {

    private final Options options;
    private final Optional<Run> earlier;
    private final List<Relay> relays;
    private final List<Scenario> scenarios;
    private final Results results;

    Report(Options options, Optional<Run> earlier, List<Relay> relays, List<Scenario> scenarios, Results results) {
        this.options = options;
        this.earlier = earlier;
        this.relays = relays;
        this.scenarios = scenarios;
        this.results = results;
    }

    void write() throws IOException {
        noteDisturbance();
        String table = new Table(relays, results).format(scenarios);
        String head = Machine.describe() + "\n" + options + "\nMedians; the spread is from the least to the most.\n";
        String notes = results.notes().isEmpty() ? "" : "\n" + String.join("\n", results.notes()) + "\n";
        Path out = Files.createDirectories(options.out());
        asRun().write(out.resolve("relay.json")); // first, as it cannot be had again
        String against = earlier.map(run -> new Against(run).compare(scenarios, relays, results))
                .orElse("");
        System.out.println(head + table + against + notes);
        Files.writeString(out.resolve("relay.md"), head + table + against + notes);
        BenchPage.write(out);
    }

    private void noteDisturbance() {
        for (Scenario scenario : scenarios) {
            List<String> disturbed = new ArrayList<>();
            for (Relay relay : relays) {
                results.of(scenario, relay.name(), Metric.OTHERS_USE)
                        .filter(spread -> spread.median() > Visit.DISTURBED_PERCENT)
                        .ifPresent(spread -> disturbed.add(relay.name()));
            }
            if (!disturbed.isEmpty()) {
                results.note("disturbed by other programs on the relay's core: " + scenario.id() + " of "
                        + String.join(", ", disturbed));
            }
        }
    }

    private Run asRun() throws IOException {
        List<Run.Row> rows = new ArrayList<>();
        for (Scenario scenario : scenarios) {
            for (Relay relay : relays) {
                Map<String, Run.Figure> figures = figures(scenario, relay);
                if (!figures.isEmpty()) {
                    rows.add(new Run.Row(scenario.id(), relay.name(), relay.pipe(), figures));
                }
            }
        }
        Map<String, Configuration> configurations = new LinkedHashMap<>();
        for (Relay relay : relays) {
            configurations.put(relay.name(), Configuration.of(relay));
        }
        return new Run(
                Machine.describe(),
                options.toString(),
                options.repeatable(),
                rows,
                configurations,
                results.lastWords(),
                results.notes());
    }

    private Map<String, Run.Figure> figures(Scenario scenario, Relay relay) {
        Map<String, Run.Figure> figures = new LinkedHashMap<>();
        for (Metric metric : Metric.values()) {
            results.of(scenario, relay.name(), metric)
                    .ifPresent(spread -> figures.put(metric.id(), Run.Figure.of(spread)));
        }
        return figures;
    }
}
