package io.transportsplice.examples;

import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;

/** What a proxy has done so far, besides moving bytes. Any thread. */
final class ProxyCounters {
    private final LongAdder accepted = new LongAdder();
    private final LongAdder closed = new LongAdder();
    private final LongAdder acceptPauses = new LongAdder();
    private final Map<Refusal, LongAdder> refusals = adders(Refusal.class);
    private final LongAdder connects = new LongAdder();
    private final Map<ConnectFailure, LongAdder> connectFailures = adders(ConnectFailure.class);
    private final List<Upstream> upstreams = new CopyOnWriteArrayList<>();

    /** Complete from the start, so that any thread may use it. */
    private static <E extends Enum<E>> Map<E, LongAdder> adders(Class<E> reasons) {
        Map<E, LongAdder> adders = new EnumMap<>(reasons);
        for (E reason : reasons.getEnumConstants()) {
            adders.put(reason, new LongAdder());
        }
        return adders;
    }

    void accepted(Channel client) {
        accepted.increment();
        client.closeFuture().addListener(end -> closed.increment());
    }

    /** The limit of connections was reached: further ones wait. */
    void acceptPaused() {
        acceptPauses.increment();
    }

    void refused(Refusal reason) {
        refusals.get(reason).increment();
    }

    void connected(Future<? super Void> connecting) {
        if (connecting.isSuccess()) {
            connects.increment();
        } else {
            connectFailures.get(ConnectFailure.of(connecting.cause())).increment();
        }
    }

    void watch(List<Upstream> more) {
        upstreams.addAll(more);
    }

    void describe(PrometheusText text) {
        long ended = closed.sum(); // first, so that the difference is never negative
        text.counter("proxy_accepted_total", "Clients accepted", accepted.sum());
        text.gauge("proxy_clients", "Clients connected now", accepted.sum() - ended);
        text.counter("proxy_accept_pauses_total", "Times that --max-connections stopped accepting", acceptPauses.sum());
        text.counter("proxy_connects_total", "Upstream connections made", connects.sum());
        text.counters("proxy_connect_failures_total", "Upstream connections that failed");
        connectFailures.forEach((reason, count) -> text.sample("reason", lowerCase(reason), count.sum()));
        text.counters("proxy_refused_total", "Clients turned away");
        refusals.forEach((reason, count) -> text.sample("reason", lowerCase(reason), count.sum()));
        if (!upstreams.isEmpty()) {
            describeUpstreams(text);
        }
    }

    private void describeUpstreams(PrometheusText text) {
        text.gauges("proxy_upstream_connections", "Connections of an upstream now");
        upstreams.forEach(upstream -> text.sample("upstream", upstream.toString(), upstream.connections()));
        text.gauges("proxy_upstream_up", "0 while it is left out because it could not be connected to");
        upstreams.forEach(upstream -> text.sample("upstream", upstream.toString(), upstream.isUp() ? 1 : 0));
        text.counters("proxy_upstream_failures_total", "Failed attempts to connect to an upstream");
        upstreams.forEach(upstream -> text.sample("upstream", upstream.toString(), upstream.failures()));
    }

    static String lowerCase(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
