// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.util.concurrent.EventExecutor;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * The free pipes of one event loop. The rule: a pipe comes from {@link #get} empty, goes back with {@link #put}, and is
 * kept only if it is empty then; one with bytes inside is closed, so that no byte of one connection can ever meet
 * another. Last in, first out, so the warmest is used next and the coldest can be trimmed; bounded; what lay unused for
 * a whole interval is closed; all are closed with the loop.
 *
 * <p>Owned by the thread of its event loop: no lock, no atomic read-modify-write. The exceptions are {@link #close}
 * and {@link #putAfterEnd}, which run when that thread has ended. Counters are written by that thread and may be read by any.
 */
final class PipePool {

    /** How long a pipe may lie unused. Long enough to outlive a lull, short beside the life of a proxy. */
    static final long TRIM_INTERVAL_MILLIS =
            SystemProperties.integer("io.transportsplice.trimIntervalMillis", 10_000, 1, Integer.MAX_VALUE);

    /**
     * Below this, 16 slots and the kernel's own default, copying is cheaper than splicing: past
     * fs.pipe-user-pages-soft an unprivileged user gets 2 slots, which hold 2 segments.
     */
    private static final int WORTHWHILE_CAPACITY = 64 * 1024;

    private final LibC libc;
    private final EventExecutor loop;
    final PoolCounters counters = PoolCounters.ofNewPool();
    private final int[] fds = new int[2];
    private Pipe[] free = new Pipe[0];
    private int size;
    /** The fewest free pipes since the last trim: these were not needed. */
    private int idle;

    private boolean trimScheduled;
    private boolean closed;

    PipePool(LibC libc, EventExecutor loop) {
        this.libc = libc;
        this.loop = loop;
    }

    /**
     * An empty pipe, or {@code null} if none can be had (no descriptors but the last, no memory, past a user's soft limit):
     * copy then. Kept pipes may have been made with another capacity; the kernel's limits make it a wish anyway.
     */
    Pipe get(int capacity) {
        assert loop.inEventLoop();
        if (size == 0) {
            Pipe made = create(capacity);
            counters.increment(made == null ? PoolCounters.REFUSED : PoolCounters.CREATED);
            return made;
        }
        Pipe pipe = free[--size];
        free[size] = null;
        idle = Math.min(idle, size);
        counters.increment(PoolCounters.REUSED);
        return pipe;
    }

    /** Takes a pipe back and keeps it if it is empty and at most {@code bound} are kept. */
    void put(Pipe pipe, int bound) {
        assert loop.inEventLoop();
        if (closed) {
            putAfterEnd(pipe);
            return;
        }
        counters.increment(PoolCounters.RETURNED);
        if (pipe.bytes() == 0 && size < bound) {
            keep(pipe);
        } else {
            pipe.close();
            counters.increment(pipe.bytes() == 0 ? PoolCounters.CLOSED_CLEAN : PoolCounters.CLOSED_DIRTY);
        }
    }

    /** Takes a pipe back that outlived the loop, whose thread is done. Any thread. */
    void putAfterEnd(Pipe pipe) {
        boolean dirty = pipe.bytes() != 0;
        pipe.close();
        counters.closedAfterEnd(true, dirty);
    }

    private void keep(Pipe pipe) {
        if (size == free.length) {
            free = Arrays.copyOf(free, Math.max(8, size * 2));
        }
        free[size++] = pipe;
        if (!trimScheduled) {
            scheduleTrim();
        }
    }

    private Pipe create(int wanted) {
        if (libc.pipe(fds) < 0) {
            return null;
        }
        Pipe pipe = new Pipe(libc, fds[0], fds[1]);
        if (resize(fds[1], wanted) < Math.min(wanted, WORTHWHILE_CAPACITY)) {
            pipe.close();
            return null;
        }
        return pipe.closedWhenUnreachable();
    }

    /**
     * Past its soft limit a user may not enlarge a pipe (EPERM): the largest that is granted will do. To make it smaller
     * than it was born is always allowed; the limit counts capacities.
     */
    private int resize(int fd, int wanted) {
        int now = libc.pipeCapacity(fd);
        for (int capacity = wanted; capacity > Math.max(now, 0); capacity >>= 1) {
            int granted = libc.setPipeCapacity(fd, capacity);
            if (granted >= 0) {
                return granted;
            }
        }
        int granted = wanted < now ? libc.setPipeCapacity(fd, wanted) : now;
        return granted >= 0 ? granted : now;
    }

    private void scheduleTrim() {
        idle = size;
        loop.schedule(this::trim, TRIM_INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
        trimScheduled = true;
    }

    private void trim() {
        trimScheduled = false;
        size -= idle;
        for (int i = 0; i < idle; i++) {
            free[i].close();
            counters.increment(PoolCounters.TRIMMED);
        }
        System.arraycopy(free, idle, free, 0, size);
        Arrays.fill(free, size, size + idle, null);
        if (size > 0) {
            scheduleTrim();
        }
    }

    /** Closes the free pipes for good. Called once the loop has terminated, by another thread. */
    void close() {
        closed = true;
        while (size > 0) {
            free[--size].close();
            free[size] = null;
            counters.closedAfterEnd(false, false);
        }
        counters.end();
    }
}
