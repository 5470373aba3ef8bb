// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.transportsplice.relay.RelayHandler;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is told of a client, without a socket. */
class SessionTest {
    private final FuzzedChannel client = new FuzzedChannel();
    private final FuzzedChannel upstream = new FuzzedChannel();
    private final List<AccessEntry> told = new ArrayList<>();

    static List<Arguments> errors() {
        return List.of(
                Arguments.of(new IOException("no more"), "no more"),
                Arguments.of(new ClosedChannelException(), "java.nio.channels.ClosedChannelException"));
    }

    @ParameterizedTest
    @MethodSource("errors")
    void shouldSayWhyItFailed(Exception error, String reason) {
        Session session = Session.begin(client, new Traffic(), ended -> told.add(ended.entry()));
        session.joined(client, upstream);
        RelayHandler.join(client, upstream);
        client.pipeline().fireExceptionCaught(error);
        upstream.end();
        client.end();
        assertEquals(1, told.size());
        assertEquals("failed", told.get(0).end());
        assertEquals(reason, told.get(0).reason());
    }
}
