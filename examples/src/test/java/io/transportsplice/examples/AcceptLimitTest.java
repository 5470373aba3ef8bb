// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.embedded.EmbeddedChannel;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AcceptLimitTest {
    private final AtomicInteger pauses = new AtomicInteger();
    private final AcceptLimit limit = new AcceptLimit(1, pauses::incrementAndGet);
    private final EmbeddedChannel listener = new EmbeddedChannel(limit);

    @AfterEach
    void close() {
        listener.finishAndReleaseAll();
    }

    private EmbeddedChannel accept() {
        EmbeddedChannel client = new EmbeddedChannel();
        listener.writeInbound(client);
        return client;
    }

    private boolean isAccepting() {
        return listener.config().isAutoRead();
    }

    @Test
    void shouldAcceptAgainWhenAClientHasLeft() {
        assertTrue(isAccepting());
        EmbeddedChannel client = accept();
        assertFalse(isAccepting());
        client.close();
        assertTrue(isAccepting());
        assertEquals(1, pauses.get());
    }

    /** Netty's acceptor lets a listener go on a second after it found no descriptor, whatever has happened meanwhile. */
    @Test
    void shouldStopAgainIfSomebodyElseLetsTheListenerGoOn() {
        EmbeddedChannel client = accept();
        listener.config().setAutoRead(true);
        EmbeddedChannel tooMuch = accept();
        assertFalse(isAccepting());
        listener.config().setAutoRead(true);
        tooMuch.close();
        assertFalse(isAccepting(), "the place of the first is still taken");
        client.close();
        assertTrue(isAccepting());
        assertEquals(1, pauses.get(), "it was full all the time");
    }
}
