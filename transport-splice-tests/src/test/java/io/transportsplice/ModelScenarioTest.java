package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.transportsplice.ModelKernel.Call;
import io.transportsplice.ModelRelay.Fate;
import io.transportsplice.ModelStep.DisposeHeld;
import io.transportsplice.ModelStep.Fault;
import io.transportsplice.ModelStep.MakeRoom;
import io.transportsplice.ModelStep.Meet;
import io.transportsplice.ModelStep.Send;
import io.transportsplice.ModelStep.Simple;
import io.transportsplice.ModelStep.StaleEvent;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Sequences worth keeping: those that {@link ModelMachineTest} found, and one for each promise of the machine, so that
 * whoever breaks it is told at once by a test of that name.
 */
class ModelScenarioTest {
    private static final int KIB = 1024;
    private static final int ENOUGH = 1024 * KIB;

    private static final ModelSetup SPLICING =
            new ModelSetup(SpliceOptions.Policy.ALWAYS, ENOUGH, 2, 1, true, true, ENOUGH);
    private static final ModelSetup TWO_IN_FLIGHT =
            new ModelSetup(SpliceOptions.Policy.ALWAYS, ENOUGH, 2, 2, true, true, ENOUGH);
    private static final ModelSetup FULL_SINK =
            new ModelSetup(SpliceOptions.Policy.ALWAYS, ENOUGH, 2, 1, true, true, 0);
    private static final ModelSetup BY_HAND =
            new ModelSetup(SpliceOptions.Policy.ALWAYS, ENOUGH, 2, 1, true, false, ENOUGH);
    private static final ModelSetup COPYING =
            new ModelSetup(SpliceOptions.Policy.NEVER, ENOUGH, 2, 1, true, true, ENOUGH);

    private static final ModelSetup AUTO = new ModelSetup(SpliceOptions.Policy.AUTO, ENOUGH, 2, 1, true, true, ENOUGH);

    private static void run(ModelSetup setup, ModelStep... steps) throws IOException {
        try (ModelMachine machine = new ModelMachine(setup)) {
            machine.happen(List.of(steps));
            machine.settle();
        }
    }

    @Test
    void shouldSurviveAStrangersEndOfInputAfterAutoReadWasSwitchedOff() throws IOException {
        run(COPYING, Simple.AUTO_READ_OFF, new StaleEvent(true, ModelSocket.RDHUP), new Send(10));
    }

    @Test
    void shouldSurviveAStrangersEndOfInputBeforeAutoReadWasSwitchedOff() throws IOException {
        run(COPYING, new Send(1), new StaleEvent(true, ModelSocket.RDHUP), Simple.AUTO_READ_OFF, new Send(10));
    }

    @Test
    void shouldReadNothingForALimitWhileAutoReadIsOff() throws IOException {
        run(
                AUTO,
                Simple.AUTO_READ_OFF,
                new ModelStep.Limit(100 * KIB),
                new Send(100),
                Simple.RUN_TO_REST,
                Simple.AUTO_READ_ON,
                Simple.RUN_TO_REST);
    }

    @Test
    void shouldReadOnWhenAddedWhileAReadOfAutoReadIsOutstanding() throws IOException {
        run(
                SPLICING,
                Simple.TOGGLE_SOURCE_HANDLER,
                Simple.RUN_TO_REST,
                Simple.TOGGLE_SOURCE_HANDLER,
                new Send(10),
                Simple.RUN_TO_REST);
    }

    @Test
    void shouldCarryEveryByteInOrder() throws IOException {
        run(SPLICING, new Send(100 * KIB), Simple.RUN_TO_REST, new Send(1), Simple.RUN_TO_REST, new Send(70 * KIB));
    }

    @Test
    void shouldSendTheEndAfterTheLastByte() throws IOException {
        long stuck = SpliceMetrics.snapshot().fallbacks(SpliceFallback.FILL_STUCK);
        run(
                FULL_SINK,
                new Send(100 * KIB),
                Simple.SOURCE_ENDS,
                Simple.RUN_TO_REST,
                new MakeRoom(1),
                Simple.RUN_TO_REST);
        assertEquals(stuck, SpliceMetrics.snapshot().fallbacks(SpliceFallback.FILL_STUCK), "copying found the end");
    }

    @ParameterizedTest
    @ValueSource(ints = {ModelSocket.IN, ModelSocket.IN | ModelSocket.RDHUP, ModelSocket.HUP})
    void shouldNotTakeASpuriousEventForTheEnd(int bits) throws IOException {
        try (ModelMachine machine = new ModelMachine(SPLICING)) {
            machine.happen(List.of(
                    new StaleEvent(true, bits),
                    Simple.RUN_TO_REST,
                    new Meet(Fate.HELD),
                    new Send(100),
                    Simple.RUN_TO_REST));
            ByteBuf message = machine.relay().takeHeld();
            assertInstanceOf(PipeByteBuf.class, message, "it splices no more");
            message.release();
        }
    }

    @Test
    void shouldReadNothingUnaskedAndGoOnWhenAsked() throws IOException {
        run(
                BY_HAND,
                new Send(100),
                Simple.RUN_TO_REST,
                Simple.READ,
                Simple.RUN_TO_REST,
                new Send(100),
                Simple.RUN_TO_REST,
                Simple.READ,
                Simple.RUN_TO_REST);
    }

    @Test
    void shouldPauseAndGoOnWithAutoRead() throws IOException {
        run(
                SPLICING,
                Simple.AUTO_READ_OFF,
                new Send(100),
                Simple.RUN_TO_REST,
                Simple.AUTO_READ_ON,
                Simple.RUN_TO_REST,
                Simple.AUTO_READ_OFF,
                new Send(100),
                Simple.RUN_TO_REST,
                Simple.AUTO_READ_ON,
                Simple.RUN_TO_REST);
    }

    @Test
    void shouldKeepToItsBoundOfPipesInASink() throws IOException {
        run(
                TWO_IN_FLIGHT,
                new Meet(Fate.HELD),
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
                new Meet(Fate.HELD),
                new Send(100),
                Simple.RUN_TO_REST,
                new Send(100),
                Simple.RUN_TO_REST,
                new DisposeHeld(elsewhere ? Fate.RELEASED_ELSEWHERE : Fate.RELEASED),
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
    void shouldTakeEachPipeHomeOnceAndNeverReuseBytes(Fate fate) throws IOException {
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

    @ParameterizedTest
    @ValueSource(ints = {LibC.EPIPE, LibC.ECONNRESET})
    void shouldTellOfAFailureOfTheSourceWhichIsNoEnd(int errno) throws IOException {
        try (ModelMachine machine = new ModelMachine(SPLICING)) {
            machine.happen(List.of(new Fault(Call.FILL, errno), new Send(100), Simple.RUN_TO_REST));
            assertTrue(machine.relay().isFailed());
            assertFalse(machine.relay().isInputEnded());
            assertFalse(machine.source().channel().isOpen());
            machine.settle();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {LibC.EPIPE, LibC.ECONNRESET})
    void shouldResetASinkWhoseBytesAreLost(int errno) throws IOException {
        try (ModelMachine machine = new ModelMachine(SPLICING)) {
            machine.happen(List.of(new Fault(Call.DRAIN, errno), new Send(100), Simple.RUN_TO_REST));
            machine.settle();
            assertEquals(ModelSocket.End.RESET, machine.sink().end());
        }
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                ModelSocket.IN | ModelSocket.ERR,
                ModelSocket.ERR,
                ModelSocket.IN | ModelSocket.ERR | ModelSocket.HUP | ModelSocket.RDHUP
            })
    void shouldStopSplicingAtAnErrorEventAndLoseNothing(int bits) throws IOException {
        long before = SpliceMetrics.snapshot().fallbacks(SpliceFallback.SOCKET_ERROR);
        run(SPLICING, new Send(100), new StaleEvent(true, bits), Simple.RUN_TO_REST, new Send(100));
        assertEquals(before + 1, SpliceMetrics.snapshot().fallbacks(SpliceFallback.SOCKET_ERROR));
    }

    /** EPOLLERR cannot be masked: who neither acts on it nor hands it on is woken for ever. */
    @Test
    void shouldNotSpinWhenTheSourceIsReset() throws IOException {
        run(SPLICING, Simple.AUTO_READ_OFF, Simple.RUN_TO_REST, Simple.SOURCE_RESETS, Simple.RUN_TO_REST);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldDeliverWhatCameBeforeAReset(int room) throws IOException {
        ModelSetup setup = new ModelSetup(SpliceOptions.Policy.ALWAYS, 64 * KIB, 0, 1, true, true, room);
        run(setup, new Send(1), Simple.SOURCE_RESETS);
    }

    @Test
    void shouldGuardAChannelWhoseInputEndedBeforeTheHandlerCame() throws IOException {
        ModelSetup setup = new ModelSetup(SpliceOptions.Policy.AUTO, 64 * KIB, 1, 1, true, true, 0);
        run(
                setup,
                Simple.SOURCE_ENDS,
                Simple.RUN_TO_REST,
                Simple.TOGGLE_SOURCE_HANDLER,
                Simple.TOGGLE_SOURCE_HANDLER,
                Simple.READ);
    }

    @Test
    void shouldGuardAChannelThatHadAStrangersEndOfInputBeforeTheHandlerCame() throws IOException {
        ModelSetup setup = new ModelSetup(SpliceOptions.Policy.AUTO, 64 * KIB, 1, 1, true, false, 0);
        run(
                setup,
                new StaleEvent(true, ModelSocket.RDHUP),
                Simple.TOGGLE_SOURCE_HANDLER,
                Simple.TOGGLE_SOURCE_HANDLER,
                Simple.READ);
    }

    @Test
    void shouldTellTheEndOfAChannelThatLostItsHandlerWhileItWasAdopted() throws IOException {
        ModelSetup setup = new ModelSetup(SpliceOptions.Policy.ON_DEMAND, 64 * KIB, 1, 1, true, true, 64 * KIB);
        run(
                setup,
                new Send(1),
                Simple.RUN_TO_REST,
                Simple.AUTO_READ_OFF,
                Simple.RUN_TO_REST,
                Simple.READ, // resumes, so it adopts
                new Send(1),
                Simple.TOGGLE_SOURCE_HANDLER,
                Simple.CLOSE_SOURCE);
    }

    @Test
    void shouldRestWithTheSinkFullAndTheSourceEnded() throws IOException {
        run(
                FULL_SINK,
                new Send(100),
                Simple.RUN_TO_REST,
                new Send(100),
                Simple.SOURCE_ENDS,
                Simple.SINK_ENDS,
                Simple.RUN_TO_REST);
    }

    /** It is somebody else's by then. */
    @Test
    void shouldNeverUseTheDescriptorOfASinkThatIsClosed() throws IOException {
        try (ModelMachine machine = new ModelMachine(FULL_SINK)) {
            machine.happen(List.of(new Meet(Fate.HELD), new Send(100), Simple.RUN_TO_REST));
            ByteBuf buffer = machine.relay().takeHeld();
            SpliceOutput output = new SpliceOutput(machine.sink().channel());
            PipeRegion region = new PipeRegion(buffer, PipeByteBuf.of(buffer), output);
            machine.closeByUser(machine.sink());
            machine.runToRest();
            assertThrows(ClosedChannelException.class, () -> region.transferTo(null, 0));
            region.release();
        }
    }

    @Test
    void shouldCloseAConnectionsPipesWithIt() throws IOException {
        run(
                FULL_SINK,
                new Send(100 * KIB),
                Simple.RUN_TO_REST,
                Simple.CLOSE_SINK,
                Simple.CLOSE_SOURCE,
                Simple.RUN_TO_REST);
    }
}
