// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The pipes of a source that are under way. */
final class ModelFlight {
    private final List<PipeByteBuf> buffers = new ArrayList<>();
    /** So many of them were made under another registration, or by a splice handler that is no more. */
    private int foreign;

    @SuppressWarnings("ReferenceEquality") // equals() would look at the bytes
    void add(PipeByteBuf buffer) {
        if (buffers.isEmpty() || buffers.get(buffers.size() - 1) != buffer) { // not another slice of it
            buffers.add(buffer);
        }
    }

    void startAnew() {
        foreign = buffers.size();
    }

    /** Those whose pipe is not at home. */
    private Stream<PipeByteBuf> today() {
        return buffers.stream().skip(foreign).filter(buffer -> buffer.refCnt() > 0 && !buffer.isInMemory());
    }

    long count() {
        return today().count();
    }

    /** Whether more must not be filled: as many as may wait in sinks do. */
    boolean isBoundReached(int maxInFlight) {
        return count() >= maxInFlight && today().allMatch(PipeByteBuf::isWaiting);
    }

    boolean areAllReleased() {
        return buffers.stream().allMatch(buffer -> buffer.refCnt() == 0);
    }
}
