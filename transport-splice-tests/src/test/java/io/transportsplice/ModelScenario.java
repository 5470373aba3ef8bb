// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import java.io.IOException;
import java.util.List;

/** The setups in which the scenarios of the model happen. */
final class ModelScenario {
    static final int KIB = 1024;
    static final int ENOUGH = 1024 * KIB;

    static final ModelSetup SPLICING = new ModelSetup(SpliceOptions.Policy.ALWAYS, ENOUGH, 2, 1, true, true, ENOUGH);
    static final ModelSetup TWO_IN_FLIGHT =
            new ModelSetup(SpliceOptions.Policy.ALWAYS, ENOUGH, 2, 2, true, true, ENOUGH);
    static final ModelSetup FULL_SINK = new ModelSetup(SpliceOptions.Policy.ALWAYS, ENOUGH, 2, 1, true, true, 0);
    static final ModelSetup BY_HAND = new ModelSetup(SpliceOptions.Policy.ALWAYS, ENOUGH, 2, 1, true, false, ENOUGH);
    static final ModelSetup COPYING = new ModelSetup(SpliceOptions.Policy.NEVER, ENOUGH, 2, 1, true, true, ENOUGH);

    static final ModelSetup AUTO = new ModelSetup(SpliceOptions.Policy.AUTO, ENOUGH, 2, 1, true, true, ENOUGH);

    static void run(ModelSetup setup, ModelStep... steps) throws IOException {
        try (ModelMachine machine = new ModelMachine(setup)) {
            machine.happen(List.of(steps));
            machine.settle();
        }
    }

    private ModelScenario() {}
}
