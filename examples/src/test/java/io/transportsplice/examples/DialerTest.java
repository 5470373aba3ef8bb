// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.Future;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The names are the addresses that they have, and nothing is connected before the test says so. */
class DialerTest {
    private final EmbeddedChannel client = new EmbeddedChannel();
    private final Map<String, ChannelPromise> attempts = new LinkedHashMap<>();
    private final Dialer dialer = new Dialer(
            (unused, to) -> {
                ChannelPromise attempt = new EmbeddedChannel().newPromise();
                InetSocketAddress address = (InetSocketAddress) to.address();
                attempts.put(address.getAddress().getHostAddress(), attempt);
                return attempt;
            },
            new ProxyCounters(new SimpleMeterRegistry()),
            (loop, name) -> loop.submit(() -> addresses(name)));

    @BeforeEach
    void stopTime() {
        client.freezeTime();
    }

    @AfterEach
    void closeAll() {
        attempts.values().forEach(attempt -> attempt.channel().close());
        client.close();
    }

    private Future<Channel> dial(String name) {
        Future<Channel> connected = dialer.dial(client, Endpoint.destination(name, 80));
        client.runPendingTasks();
        return connected;
    }

    private void pass(long millis) {
        client.advanceTimeBy(millis, TimeUnit.MILLISECONDS);
        client.runScheduledPendingTasks();
    }

    private void refuse(String address) {
        attempts.get(address).setFailure(new ConnectException(address));
    }

    private List<String> tried() {
        return List.copyOf(attempts.keySet());
    }

    @Test
    void shouldTryTheNextAddressAtOnceWhenOneRefuses() {
        Future<Channel> connected = dial("10.0.0.1,10.0.0.2");
        assertEquals(List.of("10.0.0.1"), tried());
        refuse("10.0.0.1");
        assertEquals(List.of("10.0.0.1", "10.0.0.2"), tried());
        attempts.get("10.0.0.2").setSuccess();
        assertSame(attempts.get("10.0.0.2").channel(), connected.getNow());
        pass(10 * Dialer.HEAD_START_MILLIS);
        assertEquals(2, attempts.size());
    }

    @Test
    void shouldGiveEachAHeadStartAndResetTheLosers() {
        Future<Channel> connected = dial("10.0.0.1,fd00::1,10.0.0.2");
        pass(Dialer.HEAD_START_MILLIS - 1);
        assertEquals(List.of("fd00:0:0:0:0:0:0:1"), tried());
        pass(1);
        assertEquals(List.of("fd00:0:0:0:0:0:0:1", "10.0.0.1"), tried());
        attempts.get("10.0.0.1").setSuccess();
        assertSame(attempts.get("10.0.0.1").channel(), connected.getNow());
        assertFalse(attempts.get("fd00:0:0:0:0:0:0:1").channel().isOpen());
        pass(10 * Dialer.HEAD_START_MILLIS);
        assertEquals(2, attempts.size());
    }

    @Test
    void shouldTakeTheFirstEvenIfItIsLate() {
        Future<Channel> connected = dial("fd00::1,10.0.0.1");
        pass(Dialer.HEAD_START_MILLIS);
        refuse("10.0.0.1");
        assertFalse(connected.isDone());
        attempts.get("fd00:0:0:0:0:0:0:1").setSuccess();
        assertTrue(connected.isSuccess());
    }

    @Test
    void shouldFailWhenAllHaveFailed() {
        Future<Channel> connected = dial("10.0.0.1,fd00::1");
        pass(Dialer.HEAD_START_MILLIS);
        refuse("10.0.0.1");
        assertFalse(connected.isDone());
        refuse("fd00:0:0:0:0:0:0:1");
        assertEquals("fd00:0:0:0:0:0:0:1", connected.cause().getMessage());
    }

    @Test
    void shouldConnectToANameThatHasIpV6Alone() {
        Future<Channel> connected = dial("fd00::1,fd00::2");
        attempts.get("fd00:0:0:0:0:0:0:1").setSuccess();
        assertTrue(connected.isSuccess());
    }

    @Test
    void shouldTryNoMoreForAClientThatHasGone() {
        Future<Channel> connected = dial("10.0.0.1,10.0.0.2");
        client.close();
        refuse("10.0.0.1"); // as the connector does then
        assertEquals(1, attempts.size());
        assertFalse(connected.isSuccess());
        assertTrue(connected.isDone());
    }

    @Test
    void shouldTellThatANameIsUnknown() {
        assertEquals(
                ConnectFailure.UNRESOLVED, ConnectFailure.of(dial("nowhere").cause()));
    }

    @Test
    void shouldTakeTurnsBetweenTheKindsOfAddressesAndHaveABound() throws UnknownHostException {
        List<InetSocketAddress> all = new ArrayList<>();
        for (int i = 1; i <= 100; i++) {
            all.add(new InetSocketAddress(InetAddress.getByName("10.0.0." + i), 80));
            all.add(all.get(0));
        }
        all.add(new InetSocketAddress(InetAddress.getByName("fd00::1"), 80));
        List<Endpoint> sorted = Dialer.byTurns(all);
        assertEquals(Dialer.MAX_ADDRESSES, sorted.size());
        assertEquals(Endpoint.destination("fd00::1", 80), sorted.get(0));
        assertEquals(Endpoint.destination("10.0.0.1", 80), sorted.get(1));
        assertEquals(Endpoint.destination("10.0.0.2", 80), sorted.get(2));
    }

    private static List<InetSocketAddress> addresses(SocketAddress unresolved) throws UnknownHostException {
        InetSocketAddress name = (InetSocketAddress) unresolved;
        if (name.getHostString().equals("nowhere")) {
            throw new UnknownHostException(name.getHostString());
        }
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (String address : List.of(name.getHostString().split(",", -1))) {
            addresses.add(new InetSocketAddress(InetAddress.getByName(address), name.getPort()));
        }
        return addresses;
    }
}
