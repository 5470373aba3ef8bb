// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.transportsplice.testing.Catcher;
import java.io.IOException;
import java.util.List;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * The model under sequences that nobody has tried yet: no part of the build, because each run is another. It prints the
 * seed of a sequence that fails; the sequence, shrunk, becomes a case of {@link ModelScenarioTest}.
 */
class ModelMachineSearch extends ModelMachineTest {

    public static void main(String... arguments) {
        Catcher.main(new String[] {
            "ModelMachineSearch#shouldKeepItsPromisesWhateverHappens",
            "ModelMachineSearch#shouldKeepItsPromisesWhileTheConnectionsLast"
        });
    }

    @Override
    @Property(edgeCases = EdgeCasesMode.NONE)
    void shouldKeepItsPromisesWhateverHappens(
            @ForAll("setups") ModelSetup setup, @ForAll("anything") List<ModelStep> steps) throws IOException {
        super.shouldKeepItsPromisesWhateverHappens(setup, steps);
    }

    @Override
    @Property(edgeCases = EdgeCasesMode.NONE)
    void shouldKeepItsPromisesWhileTheConnectionsLast(
            @ForAll("setups") ModelSetup setup, @ForAll("whileItLasts") List<ModelStep> steps) throws IOException {
        super.shouldKeepItsPromisesWhileTheConnectionsLast(setup, steps);
    }
}
