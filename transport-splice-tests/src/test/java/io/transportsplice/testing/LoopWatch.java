// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Watches the CPU time of a group's threads: a loop that spins never comes to rest. */
final class LoopWatch {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final long WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    /** A loop that spins takes all of its window, or on a busy machine its share: far more than a twentieth. */
    private static final long RESTING_NANOS = WINDOW_NANOS / 20;

    private final EventLoopGroup group;
    private final List<Long> threadIds = new ArrayList<>();

    LoopWatch(EventLoopGroup group) {
        this.group = group;
        for (EventExecutor loop : group) {
            threadIds.add(loop.submit(() -> Thread.currentThread().getId())
                    .syncUninterruptibly()
                    .getNow());
        }
    }

    void awaitRest() {
        Await.until("CPU nanoseconds within " + WINDOW_NANOS, this::cpuInOneWindow, cpu -> cpu < RESTING_NANOS);
    }

    /** The share of one CPU that the loops use now. */
    int cpuPercent() {
        return (int) (cpuInOneWindow() * 100 / WINDOW_NANOS);
    }

    private long cpuInOneWindow() {
        long before = cpu();
        Await.pause(WINDOW_NANOS);
        for (EventExecutor loop : group) {
            loop.submit(() -> {}).syncUninterruptibly(); // each had the CPU: a busy machine does not make it look calm
        }
        return cpu() - before;
    }

    private long cpu() {
        long sum = 0;
        for (long id : threadIds) {
            sum += Math.max(0, THREADS.getThreadCpuTime(id));
        }
        return sum;
    }
}
