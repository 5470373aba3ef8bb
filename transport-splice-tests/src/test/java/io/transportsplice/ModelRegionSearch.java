// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.transportsplice.testing.Catcher;
import java.io.IOException;
import java.util.List;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** {@link ModelRegionTest} under whatever nobody has tried yet: no part of the build, because each run is another. */
class ModelRegionSearch extends ModelRegionTest {

    public static void main(String... arguments) {
        Catcher.main(new String[] {
            "ModelRegionSearch#shouldWriteWhatAnOrdinaryBufferWouldHave",
            "ModelRegionSearch#shouldNotMakeALossLookLikeTheEnd",
            "ModelRegionSearch#shouldGiveEachByteOnceWhateverTheTargetTakes"
        });
    }

    @Override
    @Property(edgeCases = EdgeCasesMode.NONE)
    void shouldWriteWhatAnOrdinaryBufferWouldHave(
            @ForAll("ordinary") List<Step> steps,
            @ForAll BufferAllocation allocation,
            @ForAll @IntRange(max = 2 * LARGEST) int room)
            throws IOException {
        super.shouldWriteWhatAnOrdinaryBufferWouldHave(steps, allocation, room);
    }

    @Override
    @Property(edgeCases = EdgeCasesMode.NONE)
    void shouldNotMakeALossLookLikeTheEnd(
            @ForAll("breaking") List<Step> steps,
            @ForAll BufferAllocation allocation,
            @ForAll @IntRange(max = 2 * LARGEST) int room)
            throws IOException {
        super.shouldNotMakeALossLookLikeTheEnd(steps, allocation, room);
    }

    @Override
    @Property(edgeCases = EdgeCasesMode.NONE)
    void shouldGiveEachByteOnceWhateverTheTargetTakes(
            @ForAll SinkMessage message,
            @ForAll @IntRange(min = 1, max = LARGEST) int bytes,
            @ForAll("appetites") List<Integer> appetites,
            @ForAll("faults") List<Integer> faults,
            @ForAll BufferAllocation allocation)
            throws IOException {
        super.shouldGiveEachByteOnceWhateverTheTargetTakes(message, bytes, appetites, faults, allocation);
    }
}
