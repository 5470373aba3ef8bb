// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import io.transportsplice.SpliceMetrics;

/** Proves from the library's own counters whether bytes were spliced or copied, from its making on. */
public final class Carriage {
    private final long splicedBefore = SpliceMetrics.snapshot().bytesSpliced();

    public long spliced() {
        return SpliceMetrics.snapshot().bytesSpliced() - splicedBefore;
    }

    /** Splice mode must have spliced nearly all of the bytes, copying modes none; auto may do as it sees fit. */
    public void verify(Mode mode, long bytes) {
        if (mode == Mode.SPLICE) {
            awaitAtLeast(bytes / 10 * 9);
        } else if (mode != Mode.AUTO) {
            verifyNothingSpliced();
        }
    }

    /** Like {@link #verify}, and auto mode must have recognised the stream and spliced most of it. */
    public void verifyStream(Mode mode, long bytes) {
        verify(mode, bytes);
        if (mode == Mode.AUTO) {
            awaitAtLeast(bytes / 2);
        }
    }

    /** What the loop has moved may be seen by a peer before it is counted, so this waits. */
    public void awaitAtLeast(long bytes) {
        Await.until("bytes spliced reach " + bytes, this::spliced, spliced -> spliced >= bytes);
    }

    public void verifyNothingSpliced() {
        if (spliced() != 0) {
            throw new AssertionError(spliced() + " bytes were spliced, none expected");
        }
    }
}
