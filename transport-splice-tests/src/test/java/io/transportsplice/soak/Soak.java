// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.soak;

import com.sun.management.OperatingSystemMXBean;
import io.transportsplice.system.FdCanary;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Mode;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * The long run: rounds of {@link Torture} in all modes and of {@link FdCanary}, with seeds that it prints, and after each
 * round everything must be as it was after the first: descriptors, pipes, buffers, threads, heap. Told by
 * {@code -Dsoak.seconds} (600), {@code -Dsoak.roundSeconds} (20) and {@code -Dsoak.seed}.
 */
public final class Soak {
    private static final int SECONDS = Integer.getInteger("soak.seconds", 600);
    private static final int ROUND_SECONDS = Integer.getInteger("soak.roundSeconds", 20);
    private static final List<Mode> MODES = List.of(Mode.AUTO, Mode.SPLICE, Mode.COPY);
    private static final Duration IDLE_WINDOW = Duration.ofSeconds(10);
    /** What the heap may have grown by: far less than one round leaves behind if it leaks each connection. */
    private static final long HEAP_SLACK = 16L * 1024 * 1024;

    private final SplittableRandom random;
    private int round;

    private Soak(long seed) {
        random = new SplittableRandom(seed);
    }

    /** What a process must not have more of as time goes on. */
    private record State(Baseline.State resources, int threads, long heap) {
        static State now() {
            System.gc();
            return new State(
                    Baseline.State.now(),
                    ManagementFactory.getThreadMXBean().getThreadCount(),
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        }

        boolean isNoMoreThan(State other) {
            return resources.isNoMoreThan(other.resources)
                    && threads <= other.threads
                    && heap <= other.heap + HEAP_SLACK;
        }
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        long seed = Long.getLong("soak.seed", new SplittableRandom().nextLong());
        System.out.println("soak with -Dsoak.seed=" + seed);
        new Soak(seed).run();
        System.out.println("soak: all is well");
        System.exit(0); // the fillers' and Netty's idle threads do not matter any more
    }

    private void run() throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        oneRound(); // warms up whatever is opened or loaded once
        State first = State.now();
        do {
            oneRound();
            Await.until("as after the first round: " + first, State::now, state -> state.isNoMoreThan(first));
        } while (System.nanoTime() - end < 0);
        expectIdle();
    }

    private void oneRound() throws IOException, InterruptedException {
        for (Mode mode : MODES) {
            torture(mode);
        }
        FdCanary.Count count =
                FdCanary.run(round % 2 == 0, Math.max(1, ROUND_SECONDS / 2), any -> true, random.nextLong());
        System.out.println("round " + round + ": " + count);
        round++;
    }

    private void torture(Mode mode) throws IOException {
        TortureOptions options = TortureOptions.of(
                mode, random.nextBoolean(), ROUND_SECONDS, random.nextInt(1, 3), random.nextInt(Integer.MAX_VALUE));
        Tally tally = new Torture(options).run();
        if (tally.hasFailures() || tally.of(Verdict.RESET_SEEN_CLEAN) > 0) {
            throw new AssertionError("round " + round + ", " + options + ": " + tally + "\n" + tally.failures());
        }
    }

    /** Nothing is left that spins. */
    private static void expectIdle() {
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        Await.until(
                "the share of CPU time within " + IDLE_WINDOW,
                () -> {
                    long before = system.getProcessCpuTime();
                    Await.pause(IDLE_WINDOW.toNanos());
                    return (double) (system.getProcessCpuTime() - before) / IDLE_WINDOW.toNanos();
                },
                share -> share < 0.01);
    }
}
