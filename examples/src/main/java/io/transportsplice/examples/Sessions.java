// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.Channel;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The clients that a proxy has, and what they have moved. Any thread. */
final class Sessions {
    private final Set<Session> live = ConcurrentHashMap.newKeySet();
    private final Traffic traffic = new Traffic();

    private final Optional<AccessLog> log;

    Sessions(MeterRegistry registry, Optional<AccessLog> log) {
        this.log = log;
        log.ifPresent(lines -> {
            FunctionCounter.builder("proxy.access.log.lost", lines, AccessLog::lost)
                    .description("Lines of the access log that its queue had no room for")
                    .register(registry);
            FunctionCounter.builder("proxy.access.log.failures", lines, AccessLog::failures)
                    .description("Lines of the access log that could not be written")
                    .register(registry);
        });
        traffic.register(registry, "proxy.relayed", "Bytes relayed from clients (up) and to them (down)");
    }

    void begin(Channel client) {
        live.add(Session.begin(client, traffic, log.isPresent(), this::ended));
    }

    private void ended(Session session) {
        live.remove(session);
        log.ifPresent(lines -> lines.write(session.entry()));
    }

    /** Brings what is counted of living connections up to date. */
    void settle() {
        live.forEach(Session::settle);
    }
}
