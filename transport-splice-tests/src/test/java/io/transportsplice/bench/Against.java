// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** An earlier run, as its relay.json has it. Another hour is another machine: what a ratio says, a rival's ratio must, too. */
final class Against {

    private static final JsonNode NONE = new ObjectMapper().createObjectNode();

    private final String run;
    private final Map<String, JsonNode> figures = new HashMap<>();

    private Against(JsonNode root) {
        run = root.path("machine").asText() + "; " + root.path("run").asText();
        for (JsonNode entry : root.path("results")) {
            figures.put(key(entry.path("scenario").asText(), entry.path("relay").asText()), entry.path("figures"));
        }
    }

    static Against read(Path file) throws IOException {
        return new Against(new ObjectMapper().readTree(file.toFile()));
    }

    private static String key(String scenario, String relay) {
        return scenario + " " + relay;
    }

    /** The medians of now as multiples of those of then, by what each load is compared by. */
    String compare(List<Scenario> scenarios, List<Relay> relays, Results results) {
        List<List<String>> rows = new ArrayList<>();
        List<String> header = new ArrayList<>(List.of("x of then"));
        relays.forEach(relay -> header.add(relay.name()));
        rows.add(header);
        for (Scenario scenario : scenarios) {
            List<String> row = new ArrayList<>(List.of(scenario.id()));
            relays.forEach(relay -> row.add(ratio(scenario, relay, results)));
            rows.add(row);
        }
        return "\n### Against " + run + "\n\n" + Table.align(rows);
    }

    private String ratio(Scenario scenario, Relay relay, Results results) {
        Metric metric = scenario.kind().headline();
        JsonNode then = figures.getOrDefault(key(scenario.id(), relay.name()), NONE)
                .path(metric.id())
                .path("median");
        return results.of(scenario, relay.name(), metric)
                .filter(now -> then.isNumber())
                .map(now -> String.format(Locale.ROOT, "%.2f", now.median() / then.asDouble()))
                .orElse("-");
    }
}
