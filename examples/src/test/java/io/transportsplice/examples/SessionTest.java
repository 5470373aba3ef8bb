// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.transportsplice.relay.RelayHandler;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is told of a client, without a socket. */
class SessionTest {
    private final FuzzedChannel client = new FuzzedChannel();
    private final FuzzedChannel upstream = new FuzzedChannel();
    private final List<AccessEntry> told = new ArrayList<>();

    static List<Arguments> errors() {
        return List.of(
                Arguments.of(new IOException("no more"), "no more"),
                Arguments.of(new ClosedChannelException(), "ClosedChannel"));
    }

    @ParameterizedTest
    @MethodSource("errors")
    void shouldSayWhyItFailed(Exception error, String reason) {
        Session session = Session.begin(client, new Traffic(), true, ended -> told.add(ended.entry()));
        session.joined(client, upstream);
        RelayHandler.join(client, upstream);
        client.pipeline().fireExceptionCaught(error);
        upstream.end();
        client.end();
        assertEquals(1, told.size());
        assertEquals("failed", told.get(0).end());
        assertEquals(reason, told.get(0).reason());
    }

    /** What it costs is not paid where there is no access log. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldCountWhatHttpCarriesOnlyForTheAccessLog(boolean isLogged) {
        Session.begin(client, new Traffic(), isLogged, ended -> {});
        new HttpExchanges(
                client,
                new ProxyCounters(new SimpleMeterRegistry()),
                new HttpForwarding(List.of()),
                Duration.ZERO,
                connect -> {});
        assertEquals(isLogged, client.pipeline().get(WireBytes.class) != null);
        client.end();
        upstream.end();
    }
}
