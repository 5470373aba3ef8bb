package io.transportsplice;

import static io.transportsplice.ModelScenario.ENOUGH;
import static io.transportsplice.ModelScenario.FULL_SINK;
import static io.transportsplice.ModelScenario.KIB;
import static io.transportsplice.ModelScenario.SPLICING;
import static io.transportsplice.ModelScenario.TWO_IN_FLIGHT;
import static io.transportsplice.ModelScenario.run;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.transportsplice.ModelKernel.Call;
import io.transportsplice.ModelStep.DisposeHeld;
import io.transportsplice.ModelStep.Fault;
import io.transportsplice.ModelStep.MakeRoom;
import io.transportsplice.ModelStep.Meet;
import io.transportsplice.ModelStep.Send;
import io.transportsplice.ModelStep.Simple;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Sequences worth keeping: those that {@link ModelMachineTest} found, and one for each promise of the machine, so that
 * whoever breaks it is told at once by a test of that name. Here: of bytes and their pipes.
 */
class ModelScenarioTest {
    @Test
    void shouldCarryEveryByteInOrder() throws IOException {
        run(SPLICING, new Send(100 * KIB), Simple.RUN_TO_REST, new Send(1), Simple.RUN_TO_REST, new Send(70 * KIB));
    }

    @Test
    void shouldKeepToItsBoundOfPipesInASink() throws IOException {
        run(
                TWO_IN_FLIGHT,
                new Meet(ModelFate.HELD),
                new Send(100),
                Simple.RUN_TO_REST,
                new Send(100),
                Simple.RUN_TO_REST,
                new Send(100),
                Simple.RUN_TO_REST);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldFillAgainOnceABufferIsReleased(boolean elsewhere) throws IOException {
        run(
                SPLICING,
                new Meet(ModelFate.HELD),
                new Send(100),
                Simple.RUN_TO_REST,
                new Send(100),
                Simple.RUN_TO_REST,
                new DisposeHeld(elsewhere ? ModelFate.RELEASED_ELSEWHERE : ModelFate.RELEASED),
                Simple.RUN_TO_REST);
    }

    /** On the loop's own thread and from another, empty and with bytes inside. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "WRITTEN",
                "RELEASED",
                "RELEASED_ELSEWHERE",
                "WRITTEN_TWICE",
                "LOOKED_AT",
                "LOOKED_AT_ELSEWHERE",
                "DUPLICATED",
                "SPLIT",
                "SHARED"
            })
    void shouldTakeEachPipeHomeOnceAndNeverReuseBytes(ModelFate fate) throws IOException {
        run(
                TWO_IN_FLIGHT,
                new Meet(fate),
                new Send(100),
                Simple.RUN_TO_REST,
                new Send(100),
                Simple.RUN_TO_REST,
                new Send(100),
                Simple.RUN_TO_REST);
    }

    @Test
    void shouldWaitForASinkThatIsFull() throws IOException {
        run(
                FULL_SINK,
                new Send(30 * KIB),
                Simple.RUN_TO_REST,
                new MakeRoom(1),
                Simple.RUN_TO_REST,
                new Fault(Call.DRAIN, LibC.EAGAIN),
                new MakeRoom(10 * KIB),
                Simple.RUN_TO_REST,
                new MakeRoom(ENOUGH),
                Simple.RUN_TO_REST);
    }

    @Test
    void shouldBeWritableAgainOnceTheSinkHasTakenWhatWaited() throws IOException {
        try (ModelMachine machine = new ModelMachine(FULL_SINK)) {
            machine.happen(List.of(new Send(100 * KIB), Simple.RUN_TO_REST));
            assertFalse(machine.sink().channel().isWritable());
            machine.settle();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {LibC.EINVAL, LibC.EOPNOTSUPP, LibC.ENOMEM, LibC.EPERM})
    void shouldCopyWhereTheKernelRefusesToSplice(int errno) throws IOException {
        run(
                SPLICING,
                new Fault(Call.DRAIN, errno),
                new Fault(Call.READ, ModelKernel.SHORT),
                new Send(30 * KIB),
                Simple.RUN_TO_REST,
                new Fault(Call.FILL, errno),
                new Send(30 * KIB),
                Simple.RUN_TO_REST,
                new Send(200 * KIB));
    }
}
