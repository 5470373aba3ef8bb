// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.util.concurrent.TimeUnit;

/**
 * Something that can go wrong for every connection, told at most once a second: a proxy in trouble should not spend its
 * time on writing about it. May be used from any thread.
 */
final class Complaint {
    private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final String what;
    private long lastNanos = System.nanoTime() - INTERVAL_NANOS;
    private long untold;

    /** @param what what could not be done */
    Complaint(String what) {
        this.what = what;
    }

    synchronized void about(Throwable cause) {
        LogOptions.LOGGER.debug(what, cause);
        long now = System.nanoTime();
        if (now - lastNanos < INTERVAL_NANOS) {
            untold++;
            return;
        }
        String more = untold == 0 ? "" : " (and " + untold + " more before)";
        LogOptions.LOGGER.warn("{}: {}{}", what, words(cause), more);
        lastNanos = now;
        untold = 0;
    }

    /** What an error says, or its name where it says nothing: {@code FileNotFound}. */
    static String words(Throwable cause) {
        return cause.getMessage() == null
                ? cause.getClass().getSimpleName().replaceFirst("Exception$", "")
                : cause.getMessage();
    }
}
