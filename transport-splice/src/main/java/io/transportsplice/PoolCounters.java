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
    static final int POOLED = 2;
    static final int CLOSED_DIRTY = 3;
    static final int CLOSED_CLEAN = 4;
    static final int TRIMMED = 5;
    static final int REFUSED = 6;
    static final int IN_USE = 7;
    private static final int COUNT = 8;

    /** One for each event loop that ever spliced: few, and small, so they stay, and sums never go back. */
    private static final Set<PoolCounters> ALL = ConcurrentHashMap.newKeySet();

    private final AtomicLongArray values = new AtomicLongArray(COUNT);

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

    /** Exact at any moment but for {@code POOLED}, which is what is left of the others and may be told in mid-change. */
    long value(int counter) {
        if (counter == POOLED) {
            return value(CREATED) - value(IN_USE) - value(CLOSED_DIRTY) - value(CLOSED_CLEAN) - value(TRIMMED);
        }
        return values.getAcquire(counter);
    }

    void created() {
        increment(CREATED);
        add(IN_USE, 1);
    }

    void reused() {
        increment(REUSED);
        add(IN_USE, 1);
    }

    /** Out of use: kept, or closed, which is told besides. */
    void returned() {
        add(IN_USE, -1);
    }

    void closedDirty() {
        increment(CLOSED_DIRTY);
    }

    void closedClean() {
        increment(CLOSED_CLEAN);
    }

    /** The same for what is left when the pool's thread has ended, by any thread. */
    void closedAfterEnd(boolean inUse, boolean dirty) {
        values.getAndAdd(IN_USE, inUse ? -1 : 0);
        values.getAndAdd(dirty ? CLOSED_DIRTY : CLOSED_CLEAN, 1);
    }

    void trimmed() {
        increment(TRIMMED);
    }

    void refused() {
        increment(REFUSED);
    }

    private void increment(int counter) {
        add(counter, 1);
    }

    private void add(int counter, int n) {
        values.setRelease(counter, values.getPlain(counter) + n);
    }
}
