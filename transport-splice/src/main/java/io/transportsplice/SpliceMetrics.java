// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.NullMarked;

/**
 * What splicing did in this process, all event loops together: an immutable snapshot. Taking one is cheap and costs the
 * event loops nothing; its values were read one after the other while the loops went on, so they may disagree by what
 * happened in between. Any thread.
 */
@NullMarked
public final class SpliceMetrics {

    private final long[] pool = PoolCounters.sums();
    // Released first: read the other way round, a buffer in between would make the difference negative.
    private final long buffersReleased = Counters.BUFFERS_RELEASED.sum();
    private final long buffers = Counters.BUFFERS.sum();
    private final long bytesSpliced = Counters.BYTES_SPLICED.sum();
    private final long bytesCopied = Counters.BYTES_COPIED.sum();
    private final long adoptions = Counters.ADOPTIONS.sum();
    private final Map<SpliceFallback, Long> fallbacks = new EnumMap<>(SpliceFallback.class);

    private SpliceMetrics() {
        for (SpliceFallback reason : SpliceFallback.values()) {
            fallbacks.put(reason, Counters.fallbacks(reason));
        }
    }

    /** The values of now. */
    public static SpliceMetrics snapshot() {
        return new SpliceMetrics();
    }

    /** Pipes made by pipe2(2), two file descriptors each. */
    public long pipesCreated() {
        return pool[PoolCounters.CREATED];
    }

    /** How often a pooled pipe served instead of a new one. */
    public long pipesReused() {
        return pool[PoolCounters.REUSED];
    }

    /** Pipes that hold the bytes of a buffer now; one of a buffer that was never released counts for ever. */
    public long pipesInUse() {
        return pool[PoolCounters.IN_USE];
    }

    /** Pipes that wait in the pools now. */
    public long pipesPooled() {
        return pool[PoolCounters.POOLED];
    }

    /** Pipes closed because they still held bytes when their buffer died: connections that ended early. */
    public long pipesClosedDirty() {
        return pool[PoolCounters.CLOSED_DIRTY];
    }

    /** Pipes closed because they lay unused for a whole trim interval. */
    public long pipesTrimmed() {
        return pool[PoolCounters.TRIMMED];
    }

    /** How often no pipe worth having could be had, and bytes were copied instead. */
    public long pipesRefused() {
        return pool[PoolCounters.REFUSED];
    }

    /** Buffers of bytes in a pipe made so far. */
    public long buffers() {
        return buffers;
    }

    /** Those that have not been released yet, looked at or not. */
    public long buffersInFlight() {
        return buffers - buffersReleased;
    }

    /** Bytes that went from a pipe into a socket or a file by splice(2). */
    public long bytesSpliced() {
        return bytesSpliced;
    }

    /** Bytes that channels with an {@link EpollSpliceHandler} moved through user space all the same. */
    public long bytesCopied() {
        return bytesCopied;
    }

    /** Channels adopted so far. */
    public long adoptions() {
        return adoptions;
    }

    /** How often splicing was refused or ended for this reason. */
    public long fallbacks(SpliceFallback reason) {
        return fallbacks.get(reason);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("pipesCreated=" + pipesCreated() + " pipesReused=" + pipesReused()
                + " pipesInUse=" + pipesInUse() + " pipesPooled=" + pipesPooled() + " pipesClosedDirty="
                + pipesClosedDirty() + " pipesTrimmed=" + pipesTrimmed() + " pipesRefused=" + pipesRefused()
                + " buffers=" + buffers() + " buffersInFlight=" + buffersInFlight() + " bytesSpliced=" + bytesSpliced()
                + " bytesCopied=" + bytesCopied() + " adoptions=" + adoptions());
        fallbacks.forEach((reason, count) -> {
            if (count > 0) {
                text.append(" fallback.").append(reason).append('=').append(count);
            }
        });
        return text.toString();
    }
}
