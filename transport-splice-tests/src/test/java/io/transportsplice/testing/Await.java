// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Waits for a condition, for as long as it takes up to a generous bound, and says what it last saw if it never came. */
public final class Await {
    /** Far beyond what anything here needs; only a failing test ever waits that long. */
    public static final Duration BOUND = Duration.ofSeconds(20);

    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private Await() {}

    public static void until(String what, BooleanSupplier condition) {
        until(what, condition::getAsBoolean, value -> value);
    }

    public static <T> T until(String what, Supplier<T> probe, Predicate<? super T> condition) {
        return until(what, BOUND, probe, condition);
    }

    public static <T> T until(String what, Duration bound, Supplier<T> probe, Predicate<? super T> condition) {
        PatientClock clock = new PatientClock();
        T value = probe.get();
        while (!condition.test(value)) {
            if (clock.elapsedNanos() > bound.toNanos()) {
                throw new AssertionError("not within " + bound + ": " + what + "; last seen: " + value);
            }
            pause(POLL_NANOS);
            value = probe.get();
        }
        return value;
    }

    /** Lets some time pass: for pacing a peer or for a window of measurement, never in the hope that something is done. */
    public static void pause(long nanos) {
        long end = System.nanoTime() + nanos;
        for (long left = nanos; left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
            if (Thread.interrupted()) {
                throw new AssertionError("interrupted while waiting: the test's timeout has passed");
            }
        }
    }
}
