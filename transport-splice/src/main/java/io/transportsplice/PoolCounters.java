package io.transportsplice;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What one {@link PipePool} did. Written by the pool's thread alone, so a plain read and an ordered write are enough and
 * cost what a field costs; read by any thread.
 */
final class PoolCounters {

    static final int CREATED = 0;
    static final int REUSED = 1;
    static final int POOLED = 2;
    static final int CLOSED_DIRTY = 3;
    static final int CLOSED_CLEAN = 4;
    static final int TRIMMED = 5;
    static final int REFUSED = 6;
    static final int COUNT = 7;

    /** One for each event loop that ever spliced: few, and small, so they stay, and sums never go back. */
    private static final Set<PoolCounters> ALL = ConcurrentHashMap.newKeySet();

    private final AtomicLongArray values = new AtomicLongArray(COUNT);

    PoolCounters() {
        ALL.add(this);
    }

    /** Read against the way that a pipe takes, so that none is missed: those in use may be told too many, never below 0. */
    static long[] sums() {
        long[] sums = new long[COUNT];
        for (PoolCounters counters : ALL) {
            for (int i = COUNT - 1; i >= CREATED; i--) {
                sums[i] += counters.values.getAcquire(i);
            }
        }
        return sums;
    }

    long value(int counter) {
        return values.getAcquire(counter);
    }

    void created() {
        increment(CREATED);
    }

    void reused(int nowPooled) {
        increment(REUSED);
        pooled(nowPooled);
    }

    void pooled(int nowPooled) {
        values.setRelease(POOLED, nowPooled);
    }

    void closedDirty() {
        increment(CLOSED_DIRTY);
    }

    void closedClean() {
        increment(CLOSED_CLEAN);
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
