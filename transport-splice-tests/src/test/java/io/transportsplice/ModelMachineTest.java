package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.ModelKernel.Call;
import io.transportsplice.ModelStep.Simple;
import java.io.IOException;
import java.util.List;
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

/**
 * The whole of the library, between a source and a sink, under whatever may happen in whatever order. A sequence that
 * fails is shrunk, and printed with its seed, which {@code @Property(seed = "...")} takes.
 */
class ModelMachineTest {
    private static final int KIB = 1024;

    /** The same sequences in every build, so that it says what a change did. Without it, others are found. */
    private static final String SEED = "20261124";

    /** Those of a connection that goes on all the same. */
    private static final Integer[] PASSING = {
        ModelKernel.SHORT, LibC.EAGAIN, LibC.EINTR, LibC.EINVAL, LibC.ENOMEM, LibC.EPERM, LibC.EOPNOTSUPP
    };

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

    private static void run(ModelSetup setup, List<ModelStep> steps) throws IOException {
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

    @AfterContainer
    static void report() {
        System.out.println("ModelMachineTest tried " + ModelTally.report());
        assertTrue(ModelTally.counted("spliced") > 0, "nothing was spliced");
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
                        Arbitraries.of(true, false),
                        Arbitraries.of(true, false),
                        Arbitraries.of(0, 1, 10 * KIB, 1024 * KIB))
                .as(ModelSetup::new);
    }

    @Provide
    Arbitrary<List<ModelStep>> anything() {
        return Arbitraries.frequencyOf(Tuple.of(12, ordinary()), Tuple.of(1, breaks()))
                .list()
                .ofMaxSize(60)
                .withSizeDistribution(RandomDistribution.uniform());
    }

    @Provide
    Arbitrary<List<ModelStep>> whileItLasts() {
        return ordinary().list().ofMaxSize(80).withSizeDistribution(RandomDistribution.uniform());
    }

    private static Arbitrary<ModelStep> ordinary() {
        return Arbitraries.frequencyOf(
                Tuple.of(6, sizes(1, 100 * KIB).map(ModelStep.Send::new)),
                Tuple.of(2, sizes(1, 200 * KIB).map(ModelStep.MakeRoom::new)),
                Tuple.of(1, sizes(0, 150 * KIB).map(ModelStep.Limit::new)),
                Tuple.of(2, faults(Call.FILL, PASSING)),
                Tuple.of(2, faults(Call.DRAIN, PASSING)),
                Tuple.of(1, faults(Call.PIPE, LibC.EMFILE, LibC.ENFILE, LibC.ENOMEM)),
                Tuple.of(1, faults(Call.SIZE, LibC.EPERM, LibC.EBUSY, LibC.ENOMEM, LibC.EINVAL)),
                Tuple.of(1, faults(Call.READ, LibC.EINTR, ModelKernel.SHORT)),
                Tuple.of(2, Arbitraries.of(ModelRelay.Fate.class).map(ModelStep.Meet::new)),
                Tuple.of(2, Arbitraries.of(ModelRelay.Fate.class).map(ModelStep.DisposeHeld::new)),
                Tuple.of(7, Arbitraries.of(Simple.RUN_ONCE, Simple.RUN_TO_REST)),
                Tuple.of(3, Arbitraries.of(Simple.READ, Simple.AUTO_READ_ON, Simple.AUTO_READ_OFF)),
                Tuple.of(1, Arbitraries.of(Simple.TRIM, Simple.TOGGLE_SOURCE_HANDLER, Simple.TOGGLE_SINK_HANDLER)));
    }

    private static Arbitrary<Integer> sizes(int least, int most) {
        return Arbitraries.integers().between(least, most);
    }

    private static Arbitrary<ModelStep> breaks() {
        return Arbitraries.frequencyOf(
                Tuple.of(
                        3,
                        Arbitraries.of(
                                Simple.SOURCE_ENDS,
                                Simple.SOURCE_RESETS,
                                Simple.SINK_ENDS,
                                Simple.SINK_RESETS,
                                Simple.CLOSE_SOURCE,
                                Simple.CLOSE_SINK)),
                Tuple.of(1, faults(Call.FILL, LibC.EPIPE, LibC.ECONNRESET)),
                Tuple.of(1, faults(Call.DRAIN, LibC.EPIPE, LibC.ECONNRESET)),
                Tuple.of(2, staleEvents()));
    }

    private static Arbitrary<ModelStep> staleEvents() {
        return Combinators.combine(
                        Arbitraries.of(true, false),
                        Arbitraries.of(
                                ModelSocket.IN,
                                ModelSocket.OUT,
                                ModelSocket.RDHUP,
                                ModelSocket.IN | ModelSocket.RDHUP,
                                ModelSocket.IN | ModelSocket.OUT | ModelSocket.HUP | ModelSocket.RDHUP,
                                ModelSocket.IN | ModelSocket.ERR | ModelSocket.HUP | ModelSocket.RDHUP))
                .as(ModelStep.StaleEvent::new);
    }

    private static Arbitrary<ModelStep> faults(Call call, Integer... faults) {
        return Arbitraries.of(faults).map(fault -> new ModelStep.Fault(call, fault));
    }
}
