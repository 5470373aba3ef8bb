// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.util.concurrent.atomic.AtomicBoolean;
import jnr.constants.platform.Signal;
import jnr.posix.SignalHandler;
import jnr.posix.util.SunMiscSignal;
import picocli.CommandLine;

/** What signals do. Where the JVM leaves them alone (-Xrs), so does this. */
final class Signals {
    private Signals() {}

    /**
     * The first signal ends the program, by way of its shutdown hooks. The JVM would ignore further ones meanwhile; here
     * they run something.
     */
    static void onSecond(Runnable action) {
        AtomicBoolean ending = new AtomicBoolean();
        SignalHandler handler = number -> {
            if (ending.compareAndSet(false, true)) {
                System.exit(CommandLine.ExitCode.OK);
            } else {
                action.run();
            }
        };
        for (Signal signal : new Signal[] {Signal.SIGTERM, Signal.SIGINT}) {
            handle(signal, handler);
        }
    }

    /** Instead of ending the program. */
    static void onHangup(Runnable action) {
        handle(Signal.SIGHUP, number -> action.run());
    }

    private static void handle(Signal signal, SignalHandler handler) {
        try {
            SunMiscSignal.signal(signal, handler);
        } catch (IllegalArgumentException e) {
            // "Signal already used by VM or OS"
        }
    }
}
