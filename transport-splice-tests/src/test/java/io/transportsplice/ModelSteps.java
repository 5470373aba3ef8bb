// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.transportsplice.ModelKernel.Call;
import io.transportsplice.ModelStep.Simple;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/** What may happen to a machine of the model, and how often. */
final class ModelSteps {
    private static final int KIB = 1024;

    /** Those of a connection that goes on all the same. */
    private static final Integer[] PASSING = {
        ModelKernel.SHORT, LibC.EAGAIN, LibC.EINTR, LibC.EINVAL, LibC.ENOMEM, LibC.EPERM, LibC.EOPNOTSUPP
    };

    private ModelSteps() {}

    /** No connection breaks of it. */
    static Arbitrary<ModelStep> ordinary() {
        return Arbitraries.frequencyOf(Tuple.of(20, fromOutside()), Tuple.of(15, runs()), Tuple.of(15, byUsers()));
    }

    private static Arbitrary<ModelStep> fromOutside() {
        return Arbitraries.frequencyOf(
                Tuple.of(6, sizes(1, 100 * KIB).map(ModelStep.Send::new)),
                Tuple.of(1, sizes(1, 100 * KIB).map(ModelStep.OtherSend::new)),
                Tuple.of(2, sizes(1, 200 * KIB).map(ModelStep.MakeRoom::new)),
                Tuple.of(2, faults(Call.FILL, PASSING)),
                Tuple.of(2, faults(Call.DRAIN, PASSING)),
                Tuple.of(1, faults(Call.TEE, ModelKernel.SHORT, LibC.EINTR, LibC.ENOMEM, LibC.EPERM)),
                Tuple.of(1, faults(Call.PIPE, LibC.EMFILE, LibC.ENFILE, LibC.ENOMEM)),
                Tuple.of(1, faults(Call.SIZE, LibC.EPERM, LibC.EBUSY, LibC.ENOMEM, LibC.EINVAL)),
                Tuple.of(1, faults(Call.READ, LibC.EINTR, ModelKernel.SHORT)));
    }

    private static Arbitrary<ModelStep> runs() {
        return Arbitraries.frequencyOf(
                Tuple.of(4, Arbitraries.of(Simple.RUN_ONCE)),
                Tuple.of(5, Arbitraries.of(Simple.RUN_TO_REST)),
                Tuple.of(4, loops().map(ModelStep.RunTask::new)),
                Tuple.of(2, loops().map(ModelStep.RunIo::new)),
                Tuple.of(1, Arbitraries.of(1L, PipePool.TRIM_INTERVAL_MILLIS).map(ModelStep.Pass::new)));
    }

    /** What the user's handlers do, on the loop, in a task, in the midst of a message, or from elsewhere. */
    private static Arbitrary<ModelStep> byUsers() {
        return Arbitraries.frequencyOf(
                Tuple.of(6, deeds()),
                Tuple.of(1, deeds().map(ModelStep.Later::new)),
                Tuple.of(2, Combinators.combine(flags(), deeds()).as(ModelStep.AtNextMessage::new)),
                Tuple.of(1, deeds().map(ModelStep.Outside::new)));
    }

    private static Arbitrary<ModelStep> deeds() {
        return Arbitraries.frequencyOf(
                Tuple.of(3, Arbitraries.of(Simple.READ, Simple.AUTO_READ_ON, Simple.AUTO_READ_OFF)),
                Tuple.of(3, Arbitraries.of(ModelFate.class).map(ModelStep.Meet::new)),
                Tuple.of(2, Arbitraries.of(ModelFate.class).map(ModelStep.DisposeHeld::new)),
                Tuple.of(2, limits()),
                Tuple.of(1, Arbitraries.of(Simple.TOGGLE_SOURCE_HANDLER, Simple.TOGGLE_SINK_HANDLER)),
                Tuple.of(1, Arbitraries.of(Simple.TOGGLE_FRONT, Simple.READ_IN_FRONT, Simple.TOGGLE_CIPHER)),
                Tuple.of(1, registrations()));
    }

    private static Arbitrary<ModelStep> limits() {
        return Arbitraries.frequencyOf(
                Tuple.of(3, sizes(0, 150 * KIB).map(ModelStep.Limit::new)),
                Tuple.of(1, Arbitraries.of(Simple.CANCEL_LIMIT)));
    }

    private static Arbitrary<ModelStep> registrations() {
        return Arbitraries.frequencyOf(
                Tuple.of(3, Combinators.combine(flags(), loops(), flags()).as(ModelStep.Move::new)),
                Tuple.of(1, flags().map(ModelStep.Deregister::new)),
                Tuple.of(2, Combinators.combine(flags(), loops(), flags()).as(ModelStep.Register::new)));
    }

    static Arbitrary<ModelStep> breaks() {
        Arbitrary<ModelStep> closes = Combinators.combine(flags(), flags()).as(ModelStep.Close::new);
        return Arbitraries.frequencyOf(
                Tuple.of(
                        3,
                        Arbitraries.of(Simple.SOURCE_ENDS, Simple.SOURCE_RESETS, Simple.SINK_ENDS, Simple.SINK_RESETS)),
                Tuple.of(1, closes),
                Tuple.of(1, closes.map(ModelStep.Later::new)),
                Tuple.of(1, Combinators.combine(flags(), closes).as(ModelStep.AtNextMessage::new)),
                Tuple.of(1, closes.map(ModelStep.Outside::new)),
                Tuple.of(1, Arbitraries.of(Simple.LINGER_ENDS)),
                Tuple.of(1, loops().map(ModelStep.Refuse::new)),
                Tuple.of(1, faults(Call.FILL, LibC.EPIPE, LibC.ECONNRESET)),
                Tuple.of(1, faults(Call.DRAIN, LibC.EPIPE, LibC.ECONNRESET)),
                Tuple.of(2, staleEvents()));
    }

    private static Arbitrary<Integer> sizes(int least, int most) {
        return Arbitraries.integers().between(least, most);
    }

    private static Arbitrary<Integer> loops() {
        return Arbitraries.of(0, 1);
    }

    private static Arbitrary<Boolean> flags() {
        return Arbitraries.of(false, true);
    }

    private static Arbitrary<ModelStep> staleEvents() {
        return Combinators.combine(
                        flags(),
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
