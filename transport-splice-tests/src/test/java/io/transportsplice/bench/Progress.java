// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.time.Duration;
import java.util.List;

/** Tells how far it is, a line for each run. */
final class Progress {

    private final long start = System.nanoTime();
    private final int total;
    private int done;

    Progress(List<Relay> relays, List<Scenario> scenarios, int repetitions) {
        long runs = relays.stream()
                .mapToLong(relay -> scenarios.stream().filter(relay::meets).count())
                .sum();
        total = (int) runs * repetitions;
    }

    void say(String text) {
        System.out.println(clock() + " " + text);
    }

    void done(Relay relay, Scenario scenario, Measurement measurement) {
        done++;
        StringBuilder line =
                new StringBuilder(String.format("%d/%d  %-14s %-14s", done, total, relay.name(), scenario.id()));
        for (Metric metric : scenario.kind().metrics()) {
            if (measurement.values().containsKey(metric)) {
                line.append("  ")
                        .append(metric.format(measurement.of(metric)))
                        .append(' ')
                        .append(metric.label());
            }
        }
        if (!scenario.isIdleOnly()) {
            line.append(String.format(
                    "  (relay %.0f %%, load %.0f %%, others %.0f %%)",
                    measurement.of(Metric.RELAY_USE),
                    measurement.of(Metric.LOAD_USE),
                    measurement.of(Metric.OTHERS_USE)));
        }
        say(line.toString());
    }

    private String clock() {
        Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
        return String.format("%3d:%02d", elapsed.toMinutes(), elapsed.toSecondsPart());
    }
}
