// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.micrometer;

import static io.netty.util.internal.ObjectUtil.checkNotNull;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.BaseUnits;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.transportsplice.EpollSplice;
import io.transportsplice.SpliceFallback;
import io.transportsplice.SpliceMetrics;
import java.util.Collections;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.NullMarked;

/**
 * Shows {@link SpliceMetrics} to Micrometer:
 *
 * <pre>{@code
 * new SpliceMeterBinder().bindTo(registry);
 * }</pre>
 *
 * <p>All event loops of the process together; bind it once to a registry. Event loops do nothing for it: each meter takes
 * a snapshot of its own when it is read, which costs its reader about a microsecond. To share one among the meters of a
 * scrape would make them agree with each other, but no nearer to the truth, and needs a lock, so that no counter ever
 * goes back.
 *
 * <p>Needs {@code io.micrometer:micrometer-core}, which the library itself does not bring along. Any thread.
 */
@SuppressWarnings("exports") // of Micrometer's types: whoever uses this class requires micrometer.core anyhow
@NullMarked
public final class SpliceMeterBinder implements MeterBinder {

    /** Micrometer refers weakly to what it measures. The counters live as long as their class does, and so may this. */
    private static final Class<SpliceMetrics> PROCESS = SpliceMetrics.class;

    private final Tags tags;

    /** Without tags of its own. */
    public SpliceMeterBinder() {
        this(Collections.emptyList());
    }

    /** With tags for every meter. */
    public SpliceMeterBinder(Iterable<Tag> tags) {
        this.tags = Tags.of(checkNotNull(tags, "tags"));
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        bindPipes(registry);
        bindRelaying(registry);
        for (SpliceFallback reason : SpliceFallback.values()) {
            counter("splice.fallbacks", metrics -> metrics.fallbacks(reason))
                    .description("How often splicing was refused or ended for this reason")
                    .tag("reason", reason.name().toLowerCase(Locale.ROOT))
                    .register(registry);
        }
    }

    private void bindPipes(MeterRegistry registry) {
        gauge("splice.pipes", SpliceMetrics::pipesInUse)
                .description("Pipes that are open now")
                .tag("state", "used")
                .register(registry);
        gauge("splice.pipes", SpliceMetrics::pipesPooled)
                .description("Pipes that are open now")
                .tag("state", "pooled")
                .register(registry);
        // Not "created": Prometheus reserves that suffix, and Micrometer cuts it off.
        counter("splice.pipes.opened", SpliceMetrics::pipesCreated)
                .description("Pipes made by pipe2, two file descriptors each")
                .register(registry);
        counter("splice.pipes.reused", SpliceMetrics::pipesReused)
                .description("How often a pooled pipe served instead of a new one")
                .register(registry);
        counter("splice.pipes.dirty", SpliceMetrics::pipesClosedDirty)
                .description("Pipes closed with bytes inside: connections that ended early")
                .register(registry);
        counter("splice.pipes.trimmed", SpliceMetrics::pipesTrimmed)
                .description("Pipes closed because they lay unused")
                .register(registry);
        counter("splice.pipes.refused", SpliceMetrics::pipesRefused)
                .description("How often no pipe worth having could be had")
                .register(registry);
    }

    private void bindRelaying(MeterRegistry registry) {
        gauge("splice.available", metrics -> EpollSplice.isAvailable() ? 1 : 0)
                .description("1 where splicing works at all, else 0")
                .register(registry);
        counter("splice.adoptions", SpliceMetrics::adoptions)
                .description("Channels adopted")
                .register(registry);
        counter("splice.buffers", SpliceMetrics::buffers)
                .description("Buffers of bytes in a pipe made")
                .register(registry);
        gauge("splice.buffers.in.flight", SpliceMetrics::buffersInFlight)
                .description("Those that are alive now")
                .register(registry);
        counter("splice.relayed", SpliceMetrics::bytesSpliced)
                .description("Bytes that channels with a splice handler moved")
                .baseUnit(BaseUnits.BYTES)
                .tag("path", "spliced")
                .register(registry);
        counter("splice.relayed", SpliceMetrics::bytesCopied)
                .description("Bytes that channels with a splice handler moved")
                .baseUnit(BaseUnits.BYTES)
                .tag("path", "copied")
                .register(registry);
    }

    private FunctionCounter.Builder<?> counter(String name, ToDoubleFunction<SpliceMetrics> value) {
        return FunctionCounter.builder(name, PROCESS, process -> value.applyAsDouble(SpliceMetrics.snapshot()))
                .tags(tags);
    }

    private Gauge.Builder<?> gauge(String name, ToDoubleFunction<SpliceMetrics> value) {
        return Gauge.builder(name, PROCESS, process -> value.applyAsDouble(SpliceMetrics.snapshot()))
                .tags(tags);
    }
}
