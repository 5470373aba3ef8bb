// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * All upstreams of a proxy by where they are. One that is still there when the options are read again keeps its state and
 * its metrics. Any thread.
 */
final class KnownUpstreams {
    private final ProxyCounters counters;
    private final Map<Endpoint, Upstream> known = new HashMap<>();
    private final Set<Endpoint> inUse = new HashSet<>();

    KnownUpstreams(ProxyCounters counters) {
        this.counters = counters;
    }

    /** @param failTime how long it is left out after a failure */
    synchronized Upstream get(Target target, Duration failTime) {
        Upstream upstream = known.computeIfAbsent(target.endpoint(), endpoint -> {
            Upstream unknown = new Upstream(endpoint);
            counters.watch(unknown);
            return unknown;
        });
        upstream.set(target.weight(), failTime);
        inUse.add(target.endpoint());
        return upstream;
    }

    /** Those that were not asked for since the last time are forgotten: nobody will be sent there. */
    synchronized void forgetOthers() {
        known.values().removeIf(upstream -> {
            boolean isForgotten = !inUse.contains(upstream.endpoint());
            if (isForgotten) {
                upstream.uncheck();
                counters.forget(upstream);
            }
            return isForgotten;
        });
        inUse.clear();
    }
}
