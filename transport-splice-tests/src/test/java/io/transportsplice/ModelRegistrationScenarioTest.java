// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static io.transportsplice.ModelScenario.BY_HAND;
import static io.transportsplice.ModelScenario.KIB;
import static io.transportsplice.ModelScenario.SPLICING;

import io.transportsplice.ModelStep.Close;
import io.transportsplice.ModelStep.Deregister;
import io.transportsplice.ModelStep.Move;
import io.transportsplice.ModelStep.RunTask;
import io.transportsplice.ModelStep.Send;
import io.transportsplice.ModelStep.Simple;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** As {@link ModelScenarioTest}: of channels that leave their loop, and are adopted on another. */
class ModelRegistrationScenarioTest {
    /** Until the channel is registered with the other loop, which is about to adopt it, once it is asked to read. */
    private static final List<ModelStep> TO_BE_ADOPTED =
            List.of(new Move(true, 1, false), new RunTask(0), new RunTask(1));

    private static void runToBeAdopted(ModelSetup setup, ModelStep... steps) throws IOException {
        List<ModelStep> all = new ArrayList<>(TO_BE_ADOPTED);
        all.addAll(List.of(steps));
        ModelScenario.run(setup, all.toArray(ModelStep[]::new));
    }

    @Test
    void shouldBeAdoptedOnceMoreByAnotherLoop() throws IOException {
        runToBeAdopted(SPLICING, Simple.READ, Simple.RUN_TO_REST, new Send(100 * KIB), Simple.RUN_TO_REST);
    }

    @Test
    void shouldLeaveALoopThatItsUserTakesItFrom() throws IOException {
        runToBeAdopted(SPLICING, Simple.READ, new Deregister(true), Simple.RUN_TO_REST, new Send(100));
    }

    @Test
    void shouldCloseWithLingerThoughItIsToBeAdopted() throws IOException {
        runToBeAdopted(SPLICING, Simple.READ, new Close(true, true), Simple.RUN_TO_REST);
    }

    /** The close comes while it is with no loop. */
    @Test
    void shouldTellTheEndOnceOfAChannelThatLingersWhileItIsAdopted() throws IOException {
        runToBeAdopted(SPLICING, Simple.READ, new RunTask(1), new Close(true, true), Simple.RUN_TO_REST);
    }

    @Test
    void shouldReadWhatWasAskedForWhileItWasAdopted() throws IOException {
        runToBeAdopted(BY_HAND, Simple.READ, Simple.RUN_TO_REST, new Send(100), Simple.RUN_TO_REST);
    }

    @Test
    void shouldReadNothingWhenAutoReadIsSwitchedOffWhileItIsAdopted() throws IOException {
        runToBeAdopted(
                SPLICING, Simple.READ, Simple.AUTO_READ_OFF, Simple.RUN_TO_REST, new Send(100), Simple.RUN_TO_REST);
    }

    @Test
    void shouldEndALimitThatIsCancelledOnAnotherLoopThanItBeganOn() throws IOException {
        ModelScenario.run(
                new ModelSetup(SpliceOptions.Policy.ON_DEMAND, 1024 * KIB, 2, 1, true, true, 1024 * KIB),
                new ModelStep.Limit(100 * KIB),
                new Move(true, 1, true),
                Simple.RUN_TO_REST,
                Simple.CANCEL_LIMIT,
                Simple.RUN_TO_REST,
                new Send(100),
                Simple.RUN_TO_REST);
    }

    /** The handler comes when the channel is about to leave. */
    @Test
    void shouldNotBeAdoptedByALoopThatItIsAboutToLeave() throws IOException {
        ModelScenario.run(
                SPLICING,
                Simple.TOGGLE_SOURCE_HANDLER,
                new Move(true, 1, false),
                Simple.RUN_TO_REST,
                new Move(true, 0, false),
                Simple.TOGGLE_SOURCE_HANDLER,
                Simple.RUN_TO_REST,
                new Send(100 * KIB),
                Simple.RUN_TO_REST);
    }
}
