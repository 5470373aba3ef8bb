// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static io.transportsplice.ModelScenario.AUTO;
import static io.transportsplice.ModelScenario.BY_HAND;
import static io.transportsplice.ModelScenario.ENOUGH;
import static io.transportsplice.ModelScenario.FULL_SINK;
import static io.transportsplice.ModelScenario.KIB;
import static io.transportsplice.ModelScenario.SPLICING;
import static io.transportsplice.ModelScenario.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.transportsplice.ModelKernel.Call;
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

/** As {@link ModelScenarioTest}: of ends, resets and failures. */
class ModelEndScenarioTest {
    @Test
    void shouldSendTheEndAfterTheLastByte() throws IOException {
        SpliceMetrics before = SpliceMetrics.snapshot();
        run(
                FULL_SINK,
                new Send(100 * KIB),
                Simple.SOURCE_ENDS,
                Simple.RUN_TO_REST,
                new MakeRoom(1),
                Simple.RUN_TO_REST);
        verifyThatSplicingFoundTheEnd(before);
    }

    private static void verifyThatSplicingFoundTheEnd(SpliceMetrics before) {
        SpliceMetrics after = SpliceMetrics.snapshot();
        for (SpliceFallback byCopying : List.of(SpliceFallback.FILL_STUCK, SpliceFallback.FILL_HIDDEN)) {
            assertEquals(before.fallbacks(byCopying), after.fallbacks(byCopying), byCopying::toString);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {ModelSocket.IN, ModelSocket.IN | ModelSocket.RDHUP, ModelSocket.HUP})
    void shouldNotTakeASpuriousEventForTheEnd(int bits) throws IOException {
        try (ModelMachine machine = new ModelMachine(AUTO)) {
            for (int i = 0; i < 8; i++) { // a stream
                machine.happen(List.of(new Send(60 * KIB), Simple.RUN_TO_REST));
            }
            machine.happen(List.of(
                    new StaleEvent(true, bits),
                    Simple.RUN_TO_REST,
                    new Meet(ModelFate.HELD),
                    new Send(60 * KIB),
                    Simple.RUN_TO_REST));
            ByteBuf message = machine.relay().takeHeld();
            assertInstanceOf(PipeByteBuf.class, message, "it splices no more");
            message.release();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {LibC.EPIPE, LibC.ECONNRESET})
    void shouldTellOfAFailureOfTheSourceWhichIsNoEnd(int errno) throws IOException {
        try (ModelMachine machine = new ModelMachine(SPLICING)) {
            machine.happen(List.of(new Fault(Call.FILL, errno), new Send(100), Simple.RUN_TO_REST));
            assertTrue(machine.source().life().isFailed());
            assertFalse(machine.relay().isInputEnded());
            machine.settle();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {LibC.EPIPE, LibC.ECONNRESET})
    void shouldCloseASourceThatFailsUnlessItHalfCloses(int errno) throws IOException {
        ModelSetup whole = new ModelSetup(SpliceOptions.Policy.ALWAYS, ENOUGH, 2, 3, false, true, 0);
        try (ModelMachine machine = new ModelMachine(whole)) {
            machine.happen(List.of(new Fault(Call.FILL, errno), new Send(100), Simple.RUN_TO_REST));
            assertTrue(machine.source().life().isFailed());
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
            assertEquals(ModelSocket.End.RESET, machine.sink().socket().end());
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
                new ModelStep.Close(true, false));
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
            machine.happen(List.of(new Meet(ModelFate.HELD), new Send(100), Simple.RUN_TO_REST));
            ByteBuf buffer = machine.relay().takeHeld();
            SpliceOutput output = new SpliceOutput(machine.sink().channel(), SpliceOptions.defaults());
            PipeRegion region = new PipeRegion(buffer, PipeByteBuf.of(buffer), output, false);
            machine.happen(List.of(new ModelStep.Close(false, false)));
            machine.runToRest();
            machine.world().on(machine.sink().channel(), () -> {
                assertThrows(ClosedChannelException.class, () -> region.transferTo(null, 0));
                region.release();
            });
        }
    }

    @Test
    void shouldCloseAConnectionsPipesWithIt() throws IOException {
        run(
                FULL_SINK,
                new Send(100 * KIB),
                Simple.RUN_TO_REST,
                new ModelStep.Close(false, false),
                new ModelStep.Close(true, false),
                Simple.RUN_TO_REST);
    }

    @Test
    void shouldTellTheEndOnceUnaskedIfNothingIsUnread() throws IOException {
        run(BY_HAND, Simple.SOURCE_ENDS, Simple.RUN_TO_REST);
    }

    /** It does not wait for copying to find the end. */
    @Test
    void shouldTakeAnEmptyFillForAHintOfTheEnd() throws IOException {
        SpliceMetrics before = SpliceMetrics.snapshot();
        run(SPLICING, new Send(100), Simple.RUN_TO_REST, Simple.SOURCE_ENDS, Simple.RUN_TO_REST);
        verifyThatSplicingFoundTheEnd(before);
    }

    /** An event that cannot be used switches them off; the end is noticed all the same. */
    @Test
    void shouldTellTheEndWhileEventsOfReadingAreSwitchedOff() throws IOException {
        try (ModelMachine machine = new ModelMachine(BY_HAND)) {
            machine.happen(List.of(
                    new StaleEvent(true, ModelSocket.IN), Simple.RUN_TO_REST, Simple.SOURCE_ENDS, Simple.RUN_TO_REST));
            assertTrue(machine.relay().isInputEnded());
            machine.settle();
        }
    }
}
