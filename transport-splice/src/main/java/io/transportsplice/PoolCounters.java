// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import java.util.HashSet;
import java.util.Set;
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
    /** To be kept, or closed, which is told besides. */
    static final int RETURNED = 6;
    // Derived, so that taking a pipe and returning it each cost one counter.
    static final int IN_USE = 7;
    static final int POOLED = 8;
    private static final int COUNT = 9;

    /** One for each event loop that splices, and one for all that have ended, so that sums never go back. */
    private static final Set<PoolCounters> LIVING = new HashSet<>();

    private static final PoolCounters ENDED = new PoolCounters();

    private final AtomicLongArray values = new AtomicLongArray(IN_USE);

    private PoolCounters() {}

    static PoolCounters ofNewPool() {
        PoolCounters counters = new PoolCounters();
        synchronized (LIVING) {
            LIVING.add(counters);
        }
        return counters;
    }

    static long[] sums() {
        long[] sums = new long[COUNT];
        synchronized (LIVING) {
            ENDED.addTo(sums);
            LIVING.forEach(counters -> counters.addTo(sums));
        }
        return sums;
    }

    /** How many pools are there whose loops have not ended. */
    static int living() {
        synchronized (LIVING) {
            return LIVING.size();
        }
    }

    private void addTo(long[] sums) {
        for (int i = 0; i < COUNT; i++) {
            sums[i] += value(i);
        }
    }

    /** The pool's thread has ended. Idempotent. */
    void end() {
        synchronized (LIVING) {
            if (!LIVING.remove(this)) {
                return;
            }
            for (int i = 0; i < IN_USE; i++) {
                ENDED.values.addAndGet(i, values.get(i));
            }
        }
    }

    /**
     * A derived one may be told in mid-change: too many pipes, but never fewer than none, since what is subtracted is read
     * first, and each of it was added before.
     */
    long value(int counter) {
        return switch (counter) {
            case IN_USE -> -value(RETURNED) + value(REUSED) + value(CREATED);
            case POOLED ->
                -value(REUSED) - value(CLOSED_DIRTY) - value(CLOSED_CLEAN) - value(TRIMMED) + value(RETURNED);
            default -> values.getAcquire(counter);
        };
    }

    void increment(int counter) {
        values.setRelease(counter, values.getPlain(counter) + 1);
    }

    /** Counts what is left and closed when the pool's thread has ended, by any thread. */
    void closedAfterEnd(boolean inUse, boolean dirty) {
        synchronized (LIVING) {
            AtomicLongArray now = LIVING.contains(this) ? values : ENDED.values;
            now.getAndAdd(RETURNED, inUse ? 1 : 0);
            now.getAndAdd(dirty ? CLOSED_DIRTY : CLOSED_CLEAN, 1);
        }
    }
}
