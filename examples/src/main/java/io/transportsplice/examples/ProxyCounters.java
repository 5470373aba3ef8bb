// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.search.Search;
import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What a proxy has done so far, besides moving bytes: the meters {@code proxy.*}. Any thread. */
final class ProxyCounters {
    private final MeterRegistry registry;
    private final LongAdder accepted = new LongAdder();
    private final LongAdder closed = new LongAdder();
    private final Counter acceptPauses;
    private final Map<AcceptFailure, Counter> acceptFailures;
    private final Map<Refusal, Counter> refusals;
    private final Counter connects;
    private final Map<ConnectFailure, Counter> connectFailures;

    ProxyCounters(MeterRegistry registry) {
        this.registry = registry;
        FunctionCounter.builder("proxy.accepted", accepted, LongAdder::sum)
                .description("Clients accepted")
                .register(registry);
        Gauge.builder("proxy.clients", this, ProxyCounters::clients)
                .description("Clients connected now")
                .register(registry);
        acceptPauses = Counter.builder("proxy.accept.pauses")
                .description("Times that --max-connections stopped accepting")
                .register(registry);
        acceptFailures = reasons("proxy.accept.failures", "Failed attempts to accept a client", AcceptFailure.class);
        refusals = reasons("proxy.refused", "Clients turned away", Refusal.class);
        connects = Counter.builder("proxy.connects")
                .description("Upstream connections made")
                .register(registry);
        connectFailures = reasons("proxy.connect.failures", "Upstream connections that failed", ConnectFailure.class);
    }

    /** A counter for each reason, complete from the start, so that any thread may use it. */
    private <E extends Enum<E>> Map<E, Counter> reasons(String name, String description, Class<E> reasons) {
        Map<E, Counter> counters = new EnumMap<>(reasons);
        for (E reason : reasons.getEnumConstants()) {
            counters.put(
                    reason,
                    Counter.builder(name)
                            .description(description)
                            .tag("reason", lowerCase(reason))
                            .register(registry));
        }
        return counters;
    }

    private long clients() {
        long ended = closed.sum(); // first, so that the difference is never negative
        return accepted.sum() - ended;
    }

    void accepted(Channel client) {
        accepted.increment();
        client.closeFuture().addListener(end -> closed.increment());
    }

    /** The limit of connections was reached: further ones wait. */
    void acceptPaused() {
        acceptPauses.increment();
    }

    void acceptFailed(AcceptFailure reason) {
        acceptFailures.get(reason).increment();
    }

    /** Counts each client once. */
    void refused(Channel client, Refusal reason) {
        if (Session.of(client).refused(reason)) {
            refusals.get(reason).increment();
        }
    }

    void connected(Future<? super Void> connecting) {
        if (connecting.isSuccess()) {
            connects.increment();
        } else {
            connectFailures.get(ConnectFailure.of(connecting.cause())).increment();
        }
    }

    void watch(Upstream upstream) {
        String name = upstream.toString();
        Gauge.builder("proxy.upstream.connections", upstream, Upstream::connections)
                .description("Connections of an upstream now")
                .tag("upstream", name)
                .register(registry);
        Gauge.builder("proxy.upstream.up", upstream, up -> up.isUp() ? 1 : 0)
                .description("1 while an upstream is given clients, 0 while it is left out")
                .tag("upstream", name)
                .register(registry);
        upstream.traffic()
                .register(
                        registry,
                        "proxy.upstream.relayed",
                        "Bytes relayed to an upstream (up) and from it (down)",
                        "upstream",
                        name);
        FunctionCounter.builder("proxy.upstream.connects", upstream, Upstream::connects)
                .description("Connections made to an upstream")
                .tag("upstream", name)
                .register(registry);
        FunctionCounter.builder("proxy.upstream.failures", upstream, Upstream::failures)
                .description("Failed attempts to connect to an upstream")
                .tag("upstream", name)
                .register(registry);
    }

    void forget(Upstream upstream) {
        Search.in(registry).tag("upstream", upstream.toString()).meters().forEach(registry::remove);
    }

    static String lowerCase(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
