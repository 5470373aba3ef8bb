package io.transportsplice.examples;

import io.transportsplice.SpliceOptions;
import java.time.Duration;
import java.util.Optional;

/**
 * What a proxy needs to know.
 *
 * @param splice the splice handler's options; empty for a proxy without one
 * @param idleTimeout how long a connection may carry nothing; zero for ever
 * @param halfClosedTimeout the same, once one side has ended; zero for the idle timeout
 * @param connectTimeout how long the upstream may take to accept; zero as long as the kernel allows
 */
record ProxyConfig(
        Endpoint listen,
        Endpoint to,
        int threads,
        Mode mode,
        Optional<SpliceOptions> splice,
        Duration idleTimeout,
        Duration halfClosedTimeout,
        Duration connectTimeout) {

    int connectTimeoutMillis() {
        return (int) Math.min(connectTimeout.toMillis(), Integer.MAX_VALUE);
    }

    Relay relay() {
        return mode == Mode.STOCK ? new StockRelay() : new PipelineRelay(splice, idleTimeout, halfClosedTimeout);
    }
}
