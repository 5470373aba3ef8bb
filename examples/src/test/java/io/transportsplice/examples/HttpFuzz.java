// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.transportsplice.relay.RelayHandler;
import java.time.Duration;
import java.util.List;

/** A client and an upstream of the reverse proxy, one of which says whatever it likes. */
final class HttpFuzz {
    private static final ProxyCounters COUNTERS = new ProxyCounters(new SimpleMeterRegistry());
    private static final HttpForwarding FORWARDING = new HttpForwarding(List.of());

    private HttpFuzz() {}

    /** What was written to either, and whether they are open. */
    record Outcome(String toUpstream, boolean isUpstreamOpen, String toClient, boolean isClientOpen) {}

    /** First the client speaks, then the upstream, then both end. */
    static Outcome exchange(byte[] request, int[] requestCuts, byte[] response, int[] responseCuts) {
        FuzzedChannel client = new FuzzedChannel();
        FuzzedChannel upstream = new FuzzedChannel();
        Session.begin(client, new Traffic(), false, ended -> {});
        new HttpExchanges(client, COUNTERS, FORWARDING, Duration.ZERO, exchanges -> {
            if (exchanges.connected(upstream)) {
                RelayHandler.join(client, upstream.watch());
            }
        });
        client.watch().feed(request, requestCuts);
        upstream.runPendingTasks();
        upstream.feed(response, responseCuts);
        client.runPendingTasks();
        upstream.endInput();
        client.endInput();
        upstream.runPendingTasks();
        client.runPendingTasks();
        Outcome outcome = new Outcome(upstream.written(), upstream.isOpen(), client.written(), client.isOpen());
        upstream.end();
        client.end();
        upstream.checkClean();
        client.checkClean();
        return outcome;
    }
}
