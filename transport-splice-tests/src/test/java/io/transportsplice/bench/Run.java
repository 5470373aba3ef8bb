// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A run as its relay.json has it.
 *
 * @param run how it was measured
 * @param arguments what the benchmark was given, so that it can be repeated; without files, of which other machines have
 *     others
 * @param relays how each was started
 * @param lastWords what each said when it ended
 */
record Run(
        String machine,
        String run,
        List<String> arguments,
        List<Row> results,
        Map<String, Configuration> relays,
        Map<String, String> lastWords,
        Set<String> notes) {

    private static final ObjectMapper MAPPER = new ObjectMapper()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

    /** What an older build did not write is empty. */
    Run {
        arguments = arguments == null ? List.of() : arguments;
        relays = relays == null ? Map.of() : relays;
    }

    /** One relay under one load: by {@link Metric#id()}. */
    record Row(String scenario, String relay, int pipe, Map<String, Figure> figures) {

        Optional<Spread> of(Metric metric) {
            return Optional.ofNullable(figures.get(metric.id())).map(figure -> new Spread(figure.values()));
        }
    }

    record Figure(double median, double min, double max, List<Double> values) {

        static Figure of(Spread spread) {
            return new Figure(spread.median(), spread.min(), spread.max(), spread.values());
        }
    }

    static Run read(Path file) throws IOException {
        return MAPPER.readValue(file.toFile(), Run.class);
    }

    void write(Path file) throws IOException {
        MAPPER.writeValue(file.toFile(), this);
    }

    /** The loads that were run, in their order. */
    List<Scenario> scenarios() {
        return results.stream()
                .map(Row::scenario)
                .distinct()
                .map(Scenarios::named)
                .toList();
    }

    List<Row> rows(Scenario scenario) {
        return results.stream()
                .filter(row -> row.scenario().equals(scenario.id()))
                .toList();
    }

    /** Empty if it was not measured. */
    Optional<Spread> of(Scenario scenario, String relay, Metric metric) {
        return rows(scenario).stream()
                .filter(row -> row.relay().equals(relay))
                .findFirst()
                .flatMap(row -> row.of(metric));
    }
}
