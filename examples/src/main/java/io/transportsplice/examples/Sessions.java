package io.transportsplice.examples;

import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.Channel;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The clients that a proxy has, and what they have moved. Any thread. */
final class Sessions {
    private final Set<Session> live = ConcurrentHashMap.newKeySet();
    private final Traffic traffic = new Traffic();

    Sessions(MeterRegistry registry) {
        traffic.register(registry, "proxy.relayed", "Bytes relayed from clients (up) and to them (down)");
    }

    void begin(Channel client) {
        live.add(Session.begin(client, traffic, live::remove));
    }

    /** Brings what is counted of living connections up to date. */
    void settle() {
        live.forEach(Session::settle);
    }
}
