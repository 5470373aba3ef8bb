// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.RandomGenerator;
import net.jqwik.api.sessions.JqwikSession;

/**
 * The model under sequences that a fuzzer draws, who is told what code each of them reached and goes on from those that got
 * far: {@code mvn -Pfuzz-model}. What it gives are the dice of jqwik's generators, so a sequence is one that
 * {@link ModelMachineTest} might try as well; one that fails becomes a case of {@link ModelScenarioTest}.
 */
public final class ModelFuzz {
    private static final int MOST_STEPS = 120;

    private static final RandomGenerator<ModelSetup> SETUPS;
    private static final RandomGenerator<ModelStep> STEPS;

    static {
        JqwikSession.start();
        ModelMachineTest model = new ModelMachineTest();
        SETUPS = model.setups().generator(1);
        STEPS = ModelMachineTest.anyStep().generator(1);
    }

    private ModelFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) throws IOException {
        Dice dice = new Dice(input);
        ModelSetup setup = SETUPS.next(dice).value();
        List<ModelStep> steps = new ArrayList<>();
        while (!dice.areThrown() && steps.size() < MOST_STEPS) {
            steps.add(STEPS.next(dice).value());
        }
        try {
            ModelMachineTest.run(setup, steps);
        } catch (Throwable e) {
            System.err.println(setup + "\n" + steps);
            throw e;
        }
    }

    /** Gives what a fuzzer wants to be drawn, two bytes for each draw, and then whatever comes, the same each time. */
    private static final class Dice extends Random {
        private static final long serialVersionUID = 1;

        private final byte[] input;
        private int next;

        Dice(byte[] input) {
            super(0);
            this.input = input.clone();
        }

        boolean areThrown() {
            return next + 1 >= input.length;
        }

        @Override
        protected int next(int bits) {
            if (input == null || areThrown()) { // null while Random's constructor is at work
                return super.next(bits);
            }
            int drawn = ((input[next] & 0xFF) << 8) | (input[next + 1] & 0xFF);
            next += 2;
            return drawn << 16 >>> (Integer.SIZE - bits);
        }
    }
}
