// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static io.transportsplice.ModelScenario.AUTO;
import static io.transportsplice.ModelScenario.BY_HAND;
import static io.transportsplice.ModelScenario.COPYING;
import static io.transportsplice.ModelScenario.KIB;
import static io.transportsplice.ModelScenario.SPLICING;
import static io.transportsplice.ModelScenario.run;

import io.transportsplice.ModelKernel.Call;
import io.transportsplice.ModelStep.Fault;
import io.transportsplice.ModelStep.Move;
import io.transportsplice.ModelStep.Send;
import io.transportsplice.ModelStep.Simple;
import io.transportsplice.ModelStep.StaleEvent;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** As {@link ModelScenarioTest}: of what is asked for, and of events meant for somebody else. */
class ModelReadScenarioTest {
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
    void shouldServeAReadOfAHandlerInFront() throws IOException {
        run(
                BY_HAND,
                Simple.TOGGLE_FRONT,
                Simple.READ_IN_FRONT,
                new Send(100),
                Simple.RUN_TO_REST,
                Simple.READ,
                new Send(100),
                Simple.RUN_TO_REST);
    }

    @Test
    void shouldReadForAReadThatIsOutstandingWhenSplicingStops() throws IOException {
        run(BY_HAND, Simple.READ, new Fault(Call.FILL, LibC.EINVAL), new Send(100), Simple.RUN_TO_REST);
    }

    /** On a loop that has not adopted the channel yet. */
    @Test
    void shouldReadOnWhenAddedWhileAReadIsOutstanding() throws IOException {
        for (ModelSetup setup : List.of(BY_HAND, COPYING)) {
            run(
                    setup,
                    Simple.TOGGLE_SOURCE_HANDLER,
                    new Move(true, 1, false),
                    Simple.RUN_TO_REST,
                    Simple.READ,
                    Simple.TOGGLE_SOURCE_HANDLER,
                    Simple.RUN_TO_REST,
                    new Send(10),
                    Simple.RUN_TO_REST);
        }
    }

    @Test
    void shouldEndTheLastMessageOfALimitWithTheLimit() throws IOException {
        run(COPYING, new ModelStep.Limit(100), new Send(250), Simple.RUN_TO_REST);
    }
}
