// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The results in Markdown, to be read as text too. */
final class Table {

    private final List<Relay> relays;
    private final Results results;

    Table(List<Relay> relays, Results results) {
        this.relays = relays;
        this.results = results;
    }

    String format(List<Scenario> scenarios) {
        StringBuilder text = new StringBuilder();
        for (Scenario scenario : scenarios) {
            text.append("\n### ")
                    .append(scenario.title())
                    .append(" (")
                    .append(scenario.id())
                    .append(")\n\n");
            text.append(align(rows(scenario)));
        }
        return text.toString();
    }

    private List<List<String>> rows(Scenario scenario) {
        List<Metric> metrics = new ArrayList<>(scenario.kind().metrics());
        if (!scenario.isIdleOnly()) {
            metrics.addAll(List.of(Metric.RELAY_USE, Metric.LOAD_USE, Metric.OTHERS_USE, Metric.BROKEN));
        }
        List<List<String>> rows = new ArrayList<>();
        rows.add(header(scenario, metrics));
        for (Relay relay : relays) {
            if (results.of(scenario, relay.name(), scenario.kind().headline()).isPresent()) {
                rows.add(row(scenario, relay, metrics));
            }
        }
        return rows;
    }

    private static List<String> header(Scenario scenario, List<Metric> metrics) {
        List<String> header = new ArrayList<>(List.of("relay"));
        metrics.forEach(metric -> header.add(metric.label()));
        header.add("spread of " + scenario.kind().headline().label());
        header.add("x " + Results.LIMIT);
        header.add("x " + Results.PLAIN);
        header.add("x rival");
        return header;
    }

    private List<String> row(Scenario scenario, Relay relay, List<Metric> metrics) {
        List<String> row = new ArrayList<>(List.of(relay.name()));
        for (Metric metric : metrics) {
            Optional<Spread> spread = results.of(scenario, relay.name(), metric);
            row.add(spread.map(s -> metric.format(s.median())).orElse("-"));
        }
        Metric headline = scenario.kind().headline();
        row.add(results.of(scenario, relay.name(), headline)
                .map(spread -> headline.format(spread.min()) + " - " + headline.format(spread.max()))
                .orElse("-"));
        row.add(ratio(scenario, relay, Results.LIMIT));
        row.add(ratio(scenario, relay, Results.PLAIN));
        row.add(ratio(scenario, relay, Results.RIVAL + relay.name()));
        return row;
    }

    private String ratio(Scenario scenario, Relay relay, String to) {
        return results.ratio(scenario, relay.name(), to, scenario.kind().headline())
                .map(ratio -> String.format(Locale.ROOT, "%.2f", ratio))
                .orElse("-");
    }

    static String align(List<List<String>> rows) {
        int columns = rows.get(0).size();
        StringBuilder text = new StringBuilder();
        for (int r = 0; r < rows.size(); r++) {
            text.append('|');
            for (int column = 0; column < columns; column++) {
                text.append(' ')
                        .append(pad(rows.get(r).get(column), width(rows, column), column == 0))
                        .append(" |");
            }
            text.append('\n');
            if (r == 0) {
                text.append(rule(rows));
            }
        }
        return text.toString();
    }

    private static String rule(List<List<String>> rows) {
        StringBuilder text = new StringBuilder("|");
        for (int column = 0; column < rows.get(0).size(); column++) {
            text.append(' ').append("-".repeat(width(rows, column) - 1)).append(column == 0 ? "- |" : ": |");
        }
        return text.append('\n').toString();
    }

    private static int width(List<List<String>> rows, int column) {
        return rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0);
    }

    private static String pad(String text, int width, boolean left) {
        String space = " ".repeat(width - text.length());
        return left ? text + space : space + text;
    }
}
