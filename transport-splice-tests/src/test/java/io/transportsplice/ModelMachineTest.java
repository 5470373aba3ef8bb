// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * The whole of the library, between a source and a sink, under whatever may happen in whatever order. A sequence that
 * fails is shrunk, and printed with its seed, which {@code @Property(seed = "...")} takes.
 */
class ModelMachineTest {
    private static final int KIB = 1024;

    /** The same sequences in every build, so that it says what a change did. Without it, others are found. */
    private static final String SEED = "20261124";

    private static final Arbitrary<Boolean> FLAG = Arbitraries.of(false, true);

    private static Map<String, Long> before;

    @Property(edgeCases = EdgeCasesMode.NONE, seed = SEED)
    void shouldKeepItsPromisesWhateverHappens(
            @ForAll("setups") ModelSetup setup, @ForAll("anything") List<ModelStep> steps) throws IOException {
        run(setup, steps);
    }

    /** No connection breaks, so that each sequence gets far. */
    @Property(edgeCases = EdgeCasesMode.NONE, seed = SEED)
    void shouldKeepItsPromisesWhileTheConnectionsLast(
            @ForAll("setups") ModelSetup setup, @ForAll("whileItLasts") List<ModelStep> steps) throws IOException {
        run(setup, steps);
    }

    static void run(ModelSetup setup, List<ModelStep> steps) throws IOException {
        ModelTally.count("sequences", 1);
        ModelMachine machine = new ModelMachine(setup);
        try {
            machine.happen(steps);
            machine.settle();
        } catch (Throwable e) {
            machine.abandon();
            throw e;
        }
        machine.close();
    }

    @BeforeContainer
    static void remember() {
        before = ModelTally.counts();
    }

    @AfterContainer
    static void report() {
        Map<String, Long> tried = ModelTally.since(before);
        System.out.println("ModelMachineTest tried " + tried);
        assertTrue(tried.containsKey("spliced"), "nothing was spliced");
    }

    @Provide
    Arbitrary<ModelSetup> setups() {
        return Combinators.combine(
                        Arbitraries.frequency(
                                Tuple.of(4, SpliceOptions.Policy.ALWAYS),
                                Tuple.of(2, SpliceOptions.Policy.AUTO),
                                Tuple.of(1, SpliceOptions.Policy.ON_DEMAND),
                                Tuple.of(1, SpliceOptions.Policy.NEVER)),
                        Arbitraries.of(64 * KIB, 4 * KIB, 256 * KIB),
                        Arbitraries.integers().between(0, 3),
                        Arbitraries.integers().between(1, 3),
                        FLAG,
                        FLAG,
                        Arbitraries.of(0, 1, 10 * KIB, 1024 * KIB),
                        Combinators.combine(FLAG, FLAG, FLAG, FLAG).as(ModelSetup.Place::new))
                .as(ModelSetup::new);
    }

    @Provide
    Arbitrary<List<ModelStep>> anything() {
        return anyStep().list().ofMaxSize(60).withSizeDistribution(RandomDistribution.uniform());
    }

    static Arbitrary<ModelStep> anyStep() {
        return Arbitraries.frequencyOf(Tuple.of(12, ModelSteps.ordinary()), Tuple.of(1, ModelSteps.breaks()));
    }

    @Provide
    Arbitrary<List<ModelStep>> whileItLasts() {
        return ModelSteps.ordinary().list().ofMaxSize(80).withSizeDistribution(RandomDistribution.uniform());
    }
}
