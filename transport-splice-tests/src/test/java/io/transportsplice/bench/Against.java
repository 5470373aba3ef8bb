// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** This run beside an earlier one. Another hour is another machine: what a ratio says, a rival's ratio must, too. */
final class Against {

    private final Run then;

    Against(Run then) {
        this.then = then;
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
        return "\n### Against " + then.machine() + "; " + then.run() + "\n\n" + Table.align(rows);
    }

    private String ratio(Scenario scenario, Relay relay, Results results) {
        Metric metric = scenario.kind().headline();
        return then.of(scenario, relay.name(), metric)
                .flatMap(before -> results.of(scenario, relay.name(), metric)
                        .map(now -> String.format(Locale.ROOT, "%.2f", now.median() / before.median())))
                .orElse("-");
    }
}
