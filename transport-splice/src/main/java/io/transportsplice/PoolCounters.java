package io.transportsplice;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What one {@link PipePool} did. Written by the pool's thread alone as long as that lives, so a plain read and an ordered
 * write are enough and cost what a field costs; read by any thread.
 */
final class PoolCounters {

    static final int CREATED = 0;
    static final int REUSED = 1;
    static final int CLOSED_DIRTY = 2;
    static final int CLOSED_CLEAN = 3;
    static final int TRIMMED = 4;
    static final int REFUSED = 5;
    private static final int RETURNED = 6;
    // Derived, so that taking a pipe and returning it each cost one counter.
    static final int IN_USE = 7;
    static final int POOLED = 8;
    private static final int COUNT = 9;

    /** One for each event loop that ever spliced: few, and small, so they stay, and sums never go back. */
    private static final Set<PoolCounters> ALL = ConcurrentHashMap.newKeySet();

    private final AtomicLongArray values = new AtomicLongArray(IN_USE);

    PoolCounters() {
        ALL.add(this);
    }

    static long[] sums() {
        long[] sums = new long[COUNT];
        for (PoolCounters counters : ALL) {
            for (int i = 0; i < COUNT; i++) {
                sums[i] += counters.value(i);
            }
        }
        return sums;
    }

    /** A derived one may be told in mid-change: too many pipes in use, but never fewer than none. */
    long value(int counter) {
        return switch (counter) {
            case IN_USE -> -value(RETURNED) + value(REUSED) + value(CREATED); // in this order
            case POOLED -> value(CREATED) - value(IN_USE) - value(CLOSED_DIRTY) - value(CLOSED_CLEAN) - value(TRIMMED);
            default -> values.getAcquire(counter);
        };
    }

    void created() {
        increment(CREATED);
    }

    void reused() {
        increment(REUSED);
    }

    /** To be kept, or closed, which is told besides. */
    void returned() {
        increment(RETURNED);
    }

    void closedDirty() {
        increment(CLOSED_DIRTY);
    }

    void closedClean() {
        increment(CLOSED_CLEAN);
    }

    /** The same for what is left when the pool's thread has ended, by any thread. */
    void closedAfterEnd(boolean inUse, boolean dirty) {
        values.getAndAdd(RETURNED, inUse ? 1 : 0);
        values.getAndAdd(dirty ? CLOSED_DIRTY : CLOSED_CLEAN, 1);
    }

    void trimmed() {
        increment(TRIMMED);
    }

    void refused() {
        increment(REFUSED);
    }

    private void increment(int counter) {
        values.setRelease(counter, values.getPlain(counter) + 1);
    }
}
