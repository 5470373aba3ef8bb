package io.transportsplice.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Gives a JVM time to compile what is hot: rounds of every shape of load, until a round costs what the one before did, or
 * there have been enough. The compiler shares the core with the relay, so it takes a while.
 */
final class Warmup {

    private static final int MILLIS = 500;
    private static final int FEWEST_ROUNDS = 3;
    private static final double STEADY = 0.05;

    private static final List<Scenario> SHAPES = List.of(
            Scenario.bulk("both", 16, ""),
            Scenario.chat(64, 64),
            Scenario.chat(64, 64 << 10),
            Scenario.churn(16 << 10));

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

    private List<Double> round(RelayProcess relay) throws IOException, InterruptedException {
        List<Double> costs = new ArrayList<>();
        for (Scenario shape : SHAPES) {
            costs.add(load.run(relay, shape, 0, MILLIS).of(shape.kind().headline()));
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
