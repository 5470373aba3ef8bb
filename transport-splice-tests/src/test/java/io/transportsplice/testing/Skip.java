// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import org.junit.jupiter.api.Assumptions;

/** How a test is skipped that cannot run on this machine. */
public final class Skip {
    private Skip() {}

    /** Aborts the test, loudly, if it lacks what it needs. */
    public static void unless(boolean condition, String why) {
        if (!condition) {
            because(why);
        }
    }

    /** Aborts it at once. */
    public static void because(String why) {
        String message = "TEST SKIPPED: " + why;
        System.err.println("\n*** " + message + " ***\n");
        Assumptions.abort(message);
    }
}
