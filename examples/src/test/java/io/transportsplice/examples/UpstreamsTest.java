// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.Future;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Upstreams with names, and what a name server says of them. */
class UpstreamsTest {
    private final EmbeddedChannel client = new EmbeddedChannel();
    private final List<Channel> opened = new ArrayList<>();
    private final Map<String, List<String>> names = new HashMap<>();
    private final Set<String> refusing = new HashSet<>();
    private final List<String> tried = new ArrayList<>();
    private List<Upstream> all = List.of();
    private final ProxyCounters counters = new ProxyCounters(new SimpleMeterRegistry());
    private final Dialer dialer = new Dialer(
            (unused, to) ->
                    connect(((InetSocketAddress) to.address()).getAddress().getHostAddress()),
            counters,
            (loop, name) -> loop.submit(() -> addresses(name)));

    @AfterEach
    void closeAll() {
        opened.forEach(Channel::close);
        client.close();
    }

    private ChannelFuture connect(String address) {
        tried.add(address);
        Channel upstream = new EmbeddedChannel();
        opened.add(upstream);
        return refusing.contains(address)
                ? upstream.newFailedFuture(new ConnectException(address))
                : upstream.newSucceededFuture();
    }

    private List<InetSocketAddress> addresses(SocketAddress unresolved) throws UnknownHostException {
        InetSocketAddress name = (InetSocketAddress) unresolved;
        if (!names.containsKey(name.getHostString())) {
            throw new UnknownHostException(name.getHostString());
        }
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (String address : names.get(name.getHostString())) {
            addresses.add(new InetSocketAddress(InetAddress.getByName(address), name.getPort()));
        }
        return addresses;
    }

    private Upstreams upstreams(String... to) {
        KnownUpstreams known = new KnownUpstreams(counters);
        all = List.of(to).stream()
                .map(Target::parse)
                .map(target -> known.get(target, Duration.ofHours(1)))
                .toList();
        return new Upstreams(dialer, all);
    }

    /** The addresses that are tried for one client. */
    private List<String> connect(Upstreams upstreams, boolean works) {
        tried.clear();
        Future<Channel> connected = upstreams.connect(client, Opening.NONE);
        client.runPendingTasks();
        assertTrue(connected.isDone());
        assertEquals(works, connected.isSuccess());
        return List.copyOf(tried);
    }

    @Test
    void shouldTryTheOtherAddressesOfANameWhenOneRefuses() {
        names.put("a.test", List.of("10.0.0.1", "10.0.0.2"));
        refusing.add("10.0.0.1");
        Upstreams upstreams = upstreams("a.test:80");

        assertEquals(List.of("10.0.0.1", "10.0.0.2"), connect(upstreams, true));
        Upstream upstream = all.get(0);
        assertTrue(upstream.isUp());
        assertEquals(0, upstream.failures());
        assertEquals(1, upstream.connections());
        opened.forEach(Channel::close);
        assertEquals(0, upstream.connections());
    }

    @Test
    void shouldAskForTheAddressesOfANameForEachClient() {
        names.put("a.test", List.of("10.0.0.1"));
        Upstreams upstreams = upstreams("a.test:80");
        assertEquals(List.of("10.0.0.1"), connect(upstreams, true));

        names.put("a.test", List.of("10.0.0.9"));
        assertEquals(List.of("10.0.0.9"), connect(upstreams, true));
    }

    @Test
    void shouldLeaveOutANameWhenAllItsAddressesRefuse() {
        names.put("a.test", List.of("10.0.0.1", "10.0.0.2"));
        names.put("b.test", List.of("10.0.0.3"));
        refusing.addAll(List.of("10.0.0.1", "10.0.0.2"));
        Upstreams upstreams = upstreams("a.test:80", "b.test:80");

        assertEquals(List.of("10.0.0.1", "10.0.0.2", "10.0.0.3"), connect(upstreams, true));
        assertFalse(all.get(0).isUp());
        assertEquals(1, all.get(0).failures());
        assertEquals(List.of("10.0.0.3"), connect(upstreams, true));
    }

    @Test
    void shouldTakeANameOnceItIsKnown() {
        Upstreams upstreams = upstreams("a.test:80");
        assertEquals(List.of(), connect(upstreams, false));
        assertFalse(all.get(0).isUp());

        names.put("a.test", List.of("10.0.0.1"));
        assertEquals(List.of("10.0.0.1"), connect(upstreams, true));
        assertTrue(all.get(0).isUp());
    }

    @Test
    void shouldSpreadConnectionsByWeight() {
        Upstreams upstreams = upstreams("10.0.0.1:80,weight=3", "10.0.0.2:80", "10.0.0.3:80,weight=2");
        for (int i = 0; i < 60; i++) {
            connect(upstreams, true);
        }
        assertEquals(
                List.of(30, 10, 20), all.stream().map(Upstream::connections).toList());
    }
}
