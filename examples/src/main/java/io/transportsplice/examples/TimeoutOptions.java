// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.time.Duration;
import picocli.CommandLine.Option;

/** The options of how long something may take. */
final class TimeoutOptions {
    @Option(
            names = "--idle-timeout",
            paramLabel = "TIME",
            defaultValue = "5m",
            description =
                    "Resets connections that carry nothing for so long; 0 never (${DEFAULT-VALUE}). Not in stock.")
    private Duration idle;

    @Option(
            names = "--half-closed-timeout",
            paramLabel = "TIME",
            defaultValue = "0",
            description = "The same once one side has ended; 0 as --idle-timeout (${DEFAULT-VALUE}). Not in stock.")
    private Duration halfClosed;

    @Option(
            names = "--peer-timeout",
            paramLabel = "TIME",
            defaultValue = "0",
            description = "Ends TCP connections whose peer acknowledges nothing for so long, data or keep-alive"
                    + " probes; 0 leaves that to the kernel (${DEFAULT-VALUE}).")
    private Duration peer;

    @Option(
            names = "--connect-timeout",
            paramLabel = "TIME",
            defaultValue = "5s",
            description = "Time for an upstream to accept; 0 as long as the kernel allows (${DEFAULT-VALUE}).")
    private Duration connect;

    @Option(
            names = "--handshake-timeout",
            paramLabel = "TIME",
            defaultValue = "10s",
            description = "Time for a client to say where it wants to go, where it has to; 0 any (${DEFAULT-VALUE}).")
    private Duration handshake;

    @Option(
            names = "--drain-timeout",
            paramLabel = "TIME",
            defaultValue = "10s",
            description = "Time for connections to finish at SIGTERM; the rest is reset (${DEFAULT-VALUE}).")
    private Duration drain;

    /** The shorter of the two that are set, or 0. */
    Duration shortestIdle() {
        boolean isHalfClosedShorter =
                halfClosed.compareTo(Duration.ZERO) > 0 && (idle.isZero() || halfClosed.compareTo(idle) < 0);
        return isHalfClosedShorter ? halfClosed : idle;
    }

    Duration idle() {
        return idle;
    }

    Duration halfClosed() {
        return halfClosed;
    }

    Duration peer() {
        return peer;
    }

    Duration connect() {
        return connect;
    }

    Duration handshake() {
        return handshake;
    }

    Duration drain() {
        return drain;
    }
}
