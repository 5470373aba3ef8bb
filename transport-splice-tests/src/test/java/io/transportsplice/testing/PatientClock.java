// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import java.util.concurrent.TimeUnit;

/**
 * A clock for giving up by, to be read often. It stands still while its reader does not get to run: on a machine that
 * is busy with other things, what is waited for did not get to run then either.
 */
public final class PatientClock {
    private static final long MOST_AT_ONCE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private long last = System.nanoTime();
    private long elapsed;

    /** Nanoseconds since the clock was made, without the times in which it was not read. */
    public long elapsedNanos() {
        long now = System.nanoTime();
        elapsed += Math.min(now - last, MOST_AT_ONCE_NANOS);
        last = now;
        return elapsed;
    }
}
