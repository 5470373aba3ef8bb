// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static io.transportsplice.ModelScenario.ENOUGH;
import static io.transportsplice.ModelScenario.FULL_SINK;
import static io.transportsplice.ModelScenario.KIB;
import static io.transportsplice.ModelScenario.SPLICING;
import static io.transportsplice.ModelScenario.TWO_IN_FLIGHT;
import static io.transportsplice.ModelScenario.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.transportsplice.ModelKernel.Call;
import io.transportsplice.ModelStep.DisposeHeld;
import io.transportsplice.ModelStep.Fault;
import io.transportsplice.ModelStep.MakeRoom;
import io.transportsplice.ModelStep.Meet;
import io.transportsplice.ModelStep.Send;
import io.transportsplice.ModelStep.Simple;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
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
    void shouldKeepToItsBoundOfPipesInASinkAndGoOnOnceTheyAreDrained() throws IOException {
        run(
                FULL_SINK,
                new Send(100),
                Simple.RUN_TO_REST,
                new Send(100),
                Simple.RUN_TO_REST,
                new MakeRoom(ENOUGH),
                Simple.RUN_TO_REST);
    }

    @Test
    void shouldGoOnOnceASinkOfAnotherLoopHasDrained() throws IOException {
        long before = fallbacks(SpliceFallback.HELD);
        List<ModelStep> steps = new ArrayList<>();
        for (int i = 0; i < 20; i++) { // more than others may hold
            steps.add(new Send(100));
            steps.add(Simple.RUN_TO_REST);
        }
        run(SPLICING.at(new ModelSetup.Place(false, true, false, false)), steps.toArray(ModelStep[]::new));
        assertEquals(before, fallbacks(SpliceFallback.HELD), "buffers that are home count as held");
    }

    @Test
    void shouldNotWaitForSomebodyWhoHoldsBuffers() throws IOException {
        run(
                SPLICING,
                new Meet(ModelFate.HELD),
                new Send(100),
                Simple.RUN_TO_REST,
                new Send(100),
                Simple.RUN_TO_REST,
                new Send(100),
                Simple.RUN_TO_REST);
    }

    @Test
    void shouldShowAnEncoderEachByte() throws IOException {
        run(SPLICING, Simple.TOGGLE_CIPHER, new Send(100 * KIB), Simple.RUN_TO_REST);
    }

    private static long fallbacks(SpliceFallback reason) {
        return SpliceMetrics.snapshot().fallbacks(reason);
    }

    @Test
    void shouldCopyWhereThereIsNoPipe() throws IOException {
        long before = fallbacks(SpliceFallback.NO_PIPE);
        try (ModelMachine machine = new ModelMachine(SPLICING)) {
            machine.happen(List.of(
                    new Fault(Call.PIPE, LibC.EMFILE),
                    new Send(100),
                    Simple.RUN_TO_REST,
                    new Send(100),
                    Simple.RUN_TO_REST));
            machine.settle();
            assertFalse(machine.source().life().isFailed());
        }
        assertTrue(fallbacks(SpliceFallback.NO_PIPE) > before, "a pipe was not wanted");
    }

    /** By whoever had it, too, when it was written. */
    @Test
    void shouldWriteFromMemoryWhatWasLookedAtWhileItWaited() throws IOException {
        run(
                new ModelSetup(SpliceOptions.Policy.ALWAYS, ENOUGH, 2, 3, true, true, 0),
                new Send(100),
                Simple.RUN_TO_REST,
                new Meet(ModelFate.SHARED),
                new Send(100),
                Simple.RUN_TO_REST,
                new Meet(ModelFate.WRITTEN),
                new Send(100),
                Simple.RUN_TO_REST,
                new MakeRoom(ENOUGH));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldFillAgainOnceABufferIsReleased(boolean elsewhere) throws IOException {
        try (ModelMachine machine = new ModelMachine(SPLICING)) {
            machine.happen(List.of(
                    new Meet(ModelFate.HELD),
                    new Send(100),
                    Simple.RUN_TO_REST,
                    new Send(100),
                    Simple.RUN_TO_REST,
                    new DisposeHeld(elsewhere ? ModelFate.RELEASED_ELSEWHERE : ModelFate.RELEASED),
                    Simple.RUN_TO_REST,
                    new Send(100),
                    Simple.RUN_TO_REST));
            assertNextIsSpliced(machine);
            machine.settle();
        }
    }

    /** Of those that are held. */
    private static void assertNextIsSpliced(ModelMachine machine) {
        ByteBuf message = machine.relay().takeHeld();
        assertInstanceOf(PipeByteBuf.class, message, "it splices no more");
        message.release();
    }

    /** On the loop's own thread and from another, empty and with bytes inside. */
    @ParameterizedTest
    @EnumSource
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
        SpliceFallback noFill =
                errno == LibC.ENOMEM ? SpliceFallback.FILL_OUT_OF_MEMORY : SpliceFallback.FILL_UNSUPPORTED;
        long noFills = fallbacks(noFill);
        long noDrains = fallbacks(SpliceFallback.DRAIN_UNSUPPORTED);
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
        assertTrue(fallbacks(noFill) > noFills, "no fill was refused");
        assertTrue(fallbacks(SpliceFallback.DRAIN_UNSUPPORTED) > noDrains, "no drain was refused");
    }

    /** More than a source lets others hold. */
    @ParameterizedTest
    @EnumSource(
            value = ModelFate.class,
            names = {"RELEASED_ELSEWHERE", "RELEASED_WHILE_QUEUE_IS_FULL"})
    void shouldSpliceOnHoweverManyBuffersDieElsewhere(ModelFate fate) throws IOException {
        try (ModelMachine machine = new ModelMachine(SPLICING)) {
            machine.happen(List.of(new Meet(fate)));
            for (int i = 0; i < 20; i++) {
                machine.happen(List.of(new Send(100), Simple.RUN_TO_REST));
            }
            machine.happen(List.of(new Meet(ModelFate.HELD), new Send(100), Simple.RUN_TO_REST));
            assertNextIsSpliced(machine);
        }
    }

    @Test
    void shouldCloseThePipeOfABufferThatOutlivesItsLoop() throws IOException {
        run(
                SPLICING.at(new ModelSetup.Place(false, false, false, true)),
                new Meet(ModelFate.HELD),
                new Send(100),
                Simple.RUN_TO_REST);
    }
}
