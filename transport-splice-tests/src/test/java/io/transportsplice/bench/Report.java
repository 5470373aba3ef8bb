// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is left when all is done: a table, a JSON file, plots. */
final class Report {

    private final Options options;
    private final List<Relay> relays;
    private final List<Scenario> scenarios;
    private final Results results;

    Report(Options options, List<Relay> relays, List<Scenario> scenarios, Results results) {
        this.options = options;
        this.relays = relays;
        this.scenarios = scenarios;
        this.results = results;
    }

    void write() throws IOException {
        noteDisturbance();
        String table = new Table(relays, results).format(scenarios);
        String head = Machine.describe() + "\n" + options + "\nMedians; the spread is from the least to the most.\n";
        String notes = results.notes().isEmpty() ? "" : "\n" + String.join("\n", results.notes()) + "\n";
        String against = options.against().isEmpty()
                ? ""
                : Against.read(options.against().get()).compare(scenarios, relays, results);
        System.out.println(head + table + against + notes);
        Path out = Files.createDirectories(options.out());
        Files.writeString(out.resolve("relay.md"), head + table + against + notes);
        Files.writeString(out.resolve("relay.json"), Json.format(asMap()));
        new Plots(out, relays, scenarios, results).write();
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

    private Map<String, Object> asMap() throws IOException {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("machine", Machine.describe());
        all.put("run", options.toString());
        List<Object> measured = new ArrayList<>();
        for (Scenario scenario : scenarios) {
            for (Relay relay : relays) {
                Map<String, Object> figures = figures(scenario, relay);
                if (!figures.isEmpty()) {
                    measured.add(entry(scenario, relay, figures));
                }
            }
        }
        all.put("results", measured);
        all.put("lastWords", results.lastWords());
        all.put("notes", results.notes());
        return all;
    }

    private static Map<String, Object> entry(Scenario scenario, Relay relay, Map<String, Object> figures) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("scenario", scenario.id());
        entry.put("relay", relay.name());
        entry.put("pipe", relay.pipe());
        entry.put("figures", figures);
        return entry;
    }

    private Map<String, Object> figures(Scenario scenario, Relay relay) {
        Map<String, Object> figures = new LinkedHashMap<>();
        for (Metric metric : Metric.values()) {
            results.of(scenario, relay.name(), metric).ifPresent(spread -> {
                Map<String, Object> figure = new LinkedHashMap<>();
                figure.put("median", spread.median());
                figure.put("min", spread.min());
                figure.put("max", spread.max());
                figure.put("values", spread.values());
                figures.put(metric.id(), figure);
            });
        }
        return figures;
    }
}
