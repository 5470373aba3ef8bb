// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Gives a JVM time to compile what is hot: rounds of every shape of load, until a round costs what the one before did, or
 * there have been enough. The compiler shares the core with the relay, so it takes a while.
 */
final class Warmup {

    private static final int FEWEST_ROUNDS = 3;
    private static final double STEADY = 0.05;

    /** A connection is what takes longest to become hot: it is seldom, and its code is long. */
    private static final List<Shape> SHAPES = List.of(
            new Shape(Scenario.bulk("both", 16, ""), 400),
            new Shape(Scenario.chat(64, 64), 500),
            new Shape(Scenario.chat(64, 64 << 10), 400),
            new Shape(Scenario.churn(16 << 10), 1_500));

    private final Load load;
    private final int mostRounds;

    Warmup(Load load, int mostRounds) {
        this.load = load;
        this.mostRounds = mostRounds;
    }

    /** Returns how many rounds it took. */
    int run(RelayProcess relay) throws IOException, InterruptedException {
        List<Double> before = List.of();
        for (int round = 1; round < mostRounds; round++) {
            List<Double> costs = round(relay);
            if (round >= FEWEST_ROUNDS && isSteady(before, costs)) {
                return round;
            }
            before = costs;
        }
        round(relay);
        return mostRounds;
    }

    private record Shape(Scenario scenario, int millis) {}

    private List<Double> round(RelayProcess relay) throws IOException, InterruptedException {
        List<Double> costs = new ArrayList<>();
        for (Shape shape : SHAPES) {
            Measurement measurement = load.run(relay, shape.scenario(), 0, shape.millis());
            costs.add(measurement.of(shape.scenario().kind().headline()));
        }
        return costs;
    }

    private static boolean isSteady(List<Double> before, List<Double> now) {
        for (int i = 0; i < now.size(); i++) {
            if (Math.abs(now.get(i) / before.get(i) - 1) > STEADY) {
                return false;
            }
        }
        return true;
    }
}
