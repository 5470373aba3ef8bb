// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** All measurements, and what is to be said beside them. */
final class Results {

    /** What the others are compared with. */
    static final String LIMIT = "c-splice";

    static final String PLAIN = "plain";

    /** This library's relays. */
    static final Set<String> OURS = Set.of("auto", "splice");

    /** How the names of another build's relays begin. */
    static final String RIVAL = "rival-";

    private record Key(String scenario, String relay) {}

    private final Map<Key, List<Measurement>> measurements = new LinkedHashMap<>();
    private final Set<String> notes = new LinkedHashSet<>();
    private final Map<String, String> lastWords = new LinkedHashMap<>();

    void add(Scenario scenario, Relay relay, Measurement measurement) {
        measurements
                .computeIfAbsent(new Key(scenario.id(), relay.name()), key -> new ArrayList<>())
                .add(measurement);
    }

    void note(String text) {
        notes.add(text);
    }

    Set<String> notes() {
        return notes;
    }

    /** What a relay said when it ended: counters, of ours. */
    void lastWords(Relay relay, List<String> said) {
        if (!said.isEmpty()) {
            lastWords.put(relay.name(), String.join("\n", said.subList(Math.max(0, said.size() - 3), said.size())));
        }
    }

    Map<String, String> lastWords() {
        return lastWords;
    }

    /** Empty if it was not measured. */
    Optional<Spread> of(Scenario scenario, String relay, Metric metric) {
        List<Double> values = measurements.getOrDefault(new Key(scenario.id(), relay), List.of()).stream()
                .map(measurement -> measurement.of(metric))
                .filter(Double::isFinite)
                .toList();
        return values.isEmpty() ? Optional.empty() : Optional.of(new Spread(values));
    }

    /** What a relay took as a multiple of what another did in the same repetition: the median. */
    Optional<Double> ratio(Scenario scenario, String relay, String to, Metric metric) {
        return of(scenario, relay, metric)
                .flatMap(own -> of(scenario, to, metric).map(other -> own.ratio(other)));
    }
}
