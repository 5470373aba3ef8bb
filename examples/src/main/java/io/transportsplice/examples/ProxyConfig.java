// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.transportsplice.SpliceOptions;
import java.time.Duration;
import java.util.Optional;

/**
 * What every proxy needs to know.
 *
 * @param name the program's name, for messages
 * @param reusePort whether each event loop has a listening socket of its own
 * @param maxConnections how many clients may be connected at a time; zero for any number
 * @param metrics where to serve metrics; empty for nowhere
 * @param splice the splice handler's options; empty for a proxy without one
 * @param idleTimeout how long a connection may carry nothing; zero for ever
 * @param halfClosedTimeout the same, once one side has ended; zero for the idle timeout
 * @param peerTimeout how long a TCP peer may acknowledge nothing, neither data nor probes; zero as the kernel has it
 * @param connectTimeout how long the upstream may take to accept; zero as long as the kernel allows
 * @param handshakeTimeout how long a client may take to say where it wants to go, where it is asked that
 */
record ProxyConfig(
        String name,
        Endpoint listen,
        int threads,
        boolean reusePort,
        int maxConnections,
        Optional<Endpoint> metrics,
        Mode mode,
        Optional<SpliceOptions> splice,
        Duration idleTimeout,
        Duration halfClosedTimeout,
        Duration peerTimeout,
        Duration connectTimeout,
        Duration handshakeTimeout) {

    int connectTimeoutMillis() {
        return (int) Math.min(connectTimeout.toMillis(), Integer.MAX_VALUE);
    }

    Relay relay() {
        return mode == Mode.STOCK ? new StockRelay() : new PipelineRelay(splice, idleTimeout, halfClosedTimeout);
    }
}
