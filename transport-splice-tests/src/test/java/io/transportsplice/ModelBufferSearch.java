// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.transportsplice.BufferTrial.Step;
import io.transportsplice.testing.Catcher;
import java.io.IOException;
import java.util.List;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** {@link ModelBufferTest} under calls that nobody has tried yet: no part of the build, because each run is another. */
class ModelBufferSearch extends ModelBufferTest {

    public static void main(String... arguments) {
        Catcher.main(new String[] {
            "ModelBufferSearch#shouldBeLikeAnOrdinaryBuffer",
            "ModelBufferSearch#shouldStayUntouchedUntilSomebodyLooks",
            "ModelBufferSearch#shouldBeDeadOnceItIsReleased"
        });
    }

    @Override
    @Property(edgeCases = EdgeCasesMode.NONE)
    void shouldBeLikeAnOrdinaryBuffer(
            @ForAll("anything") List<Step> steps, @ForAll BufferAllocation allocation, @ForAll long contentSeed)
            throws IOException {
        super.shouldBeLikeAnOrdinaryBuffer(steps, allocation, contentSeed);
    }

    @Override
    @Property(edgeCases = EdgeCasesMode.NONE)
    void shouldStayUntouchedUntilSomebodyLooks(
            @ForAll("withoutALook") List<Step> steps, @ForAll BufferAllocation allocation, @ForAll long contentSeed)
            throws IOException {
        super.shouldStayUntouchedUntilSomebodyLooks(steps, allocation, contentSeed);
    }

    @Override
    @Property(edgeCases = EdgeCasesMode.NONE)
    void shouldBeDeadOnceItIsReleased(
            @ForAll("anything") List<Step> steps, @ForAll BufferAllocation allocation, @ForAll long contentSeed)
            throws IOException {
        super.shouldBeDeadOnceItIsReleased(steps, allocation, contentSeed);
    }
}
