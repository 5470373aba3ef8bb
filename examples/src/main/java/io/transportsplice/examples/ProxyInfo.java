// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.transportsplice.EpollSplice;
import io.transportsplice.SpliceOptions;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** What a proxy is: the meters whose labels say so. */
final class ProxyInfo {
    private static final String NONE = "none";

    private ProxyInfo() {}

    /** @param listen where it really listens */
    static void register(MeterRegistry registry, ProxyConfig config, Endpoint listen, BooleanSupplier draining) {
        Gauge.builder("proxy.info", () -> 1)
                .description("1; the labels tell what runs, and pipe_capacity the bytes that a pipe is asked to have")
                .tags(labels(config, listen))
                .register(registry);
        long began = System.nanoTime();
        TimeGauge.builder("proxy.uptime", () -> System.nanoTime() - began, TimeUnit.NANOSECONDS)
                .description("Time since it has begun to listen")
                .register(registry);
        Gauge.builder("proxy.draining", () -> draining.getAsBoolean() ? 1 : 0)
                .description("1 while it accepts no more, and lets its connections finish")
                .register(registry);
    }

    private static Tags labels(ProxyConfig config, Endpoint listen) {
        Optional<SpliceOptions> splice = config.splice().filter(options -> EpollSplice.isAvailable());
        String version = ProxyInfo.class.getPackage().getImplementationVersion();
        return Tags.of(
                "program", config.name(),
                "version", version == null ? NONE : version,
                "listen", listen.toString(),
                "mode", config.mode().toString(),
                "kernel", splice.map(options -> EpollSplice.kernel()).orElse(NONE),
                "pipe_capacity",
                        splice.map(options -> Integer.toString(options.pipeCapacity()))
                                .orElse(NONE));
    }
}
