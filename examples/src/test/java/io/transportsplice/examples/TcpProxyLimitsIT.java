// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whom tcp-proxy serves, how much, and by which upstreams. */
@Timeout(120)
class TcpProxyLimitsIT {
    private static final int MIB = 1024 * 1024;
    private static final String DENIED = "proxy_refused_total{reason=\"denied\"}";
    private static final String TOO_MANY = "proxy_refused_total{reason=\"too_many\"}";

    private static WireServer upstream;
    private static ProxyProcess proxy;

    @BeforeAll
    static void start() throws IOException {
        upstream = WireServer.start();
        proxy = ProxyProcess.start(
                "tcp-proxy",
                "--to",
                upstream.endpoint(),
                "--mode",
                "splice",
                "--allow",
                "127.0.0.0/8",
                "--deny",
                "127.0.0.2",
                "--max-per-address",
                "2",
                "--bandwidth",
                "2m");
    }

    @AfterAll
    static void stop() throws IOException {
        proxy.close();
        upstream.close();
    }

    private static Socket from(String address) throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), proxy.port(), InetAddress.getByName(address), 0);
    }

    private static void assertReset(Socket client) {
        assertThrows(SocketException.class, () -> {
            client.getInputStream().read();
            client.getOutputStream().write(1);
        });
    }

    /** Its upstream says nothing: whoever waits for that counts no more as a client, and nothing else would bound them. */
    @Test
    void shouldLeaveNoUpstreamBehindWhoseClientHasGone() throws Exception {
        Future<String> abandoned = upstream.next(connection -> {
            try {
                return WireServer.rest(connection);
            } catch (SocketException reset) {
                return "";
            }
        });
        try (ProxyProcess patient =
                ProxyProcess.start("tcp-proxy", "--to", upstream.endpoint(), "--to-tls", "--connect-timeout", "0")) {
            Socket client = patient.connect();
            client.getOutputStream().write(1);
            patient.awaitMetric("proxy_connects_total", made -> made == 1);
            client.setSoLinger(true, 0);
            client.close();
            abandoned.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void shouldServeOnlyWhomItMay() throws Exception {
        long before = proxy.metric(DENIED);
        try (Socket client = from("127.0.0.2")) {
            assertReset(client);
        }
        assertEquals(before + 1, proxy.metric(DENIED));
        Future<String> served = upstream.next(WireServer::rest);
        try (Socket client = from("127.0.0.3")) {
            WireServer.write(client, "hello");
        }
        assertEquals("hello", served.get());
    }

    @Test
    void shouldServeOnlySoManyClientsOfAnAddress() throws Exception {
        proxy.awaitMetric("proxy_clients", clients -> clients == 0);
        long before = proxy.metric(TOO_MANY);
        Future<String> one = upstream.next(WireServer::rest);
        Future<String> two = upstream.next(WireServer::rest);
        try (Socket first = from("127.0.0.4");
                Socket second = from("127.0.0.4")) {
            proxy.awaitMetric("proxy_clients", clients -> clients == 2);
            try (Socket third = from("127.0.0.4")) {
                assertReset(third);
            }
            assertEquals(before + 1, proxy.metric(TOO_MANY));
            Future<String> other = upstream.next(WireServer::rest);
            from("127.0.0.5").close();
            assertEquals("", other.get());
            first.shutdownOutput();
            second.shutdownOutput();
            assertEquals("", one.get());
            assertEquals("", two.get());
        }
        proxy.awaitMetric("proxy_clients", clients -> clients == 0);
        Future<String> again = upstream.next(WireServer::rest);
        from("127.0.0.4").close();
        assertEquals("", again.get());
    }

    /** The one thing that may be said of time on any machine: that it is not less. */
    @Test
    void shouldPassOnNoMoreThanTheBandwidthAllows() throws Exception {
        byte[] bytes = new byte[6 * MIB];
        new Random(1).nextBytes(bytes);
        long spliced = proxy.metric("splice_relayed_bytes_total{path=\"spliced\"}");
        Future<String> sent = upstream.next(connection -> {
            connection.getOutputStream().write(bytes);
            return "";
        });
        long begin = System.nanoTime();
        try (Socket client = from("127.0.0.6")) {
            for (int at = 0; at < bytes.length; ) {
                byte[] next = client.getInputStream().readNBytes(Math.min(MIB / 2, bytes.length - at));
                assertEquals(0, Arrays.compare(bytes, at, at + next.length, next, 0, next.length));
                assertTrue(next.length > 0, "it ends at " + at);
                at += next.length;
                double seconds = (System.nanoTime() - begin) / (double) TimeUnit.SECONDS.toNanos(1);
                long most = (long) (2 * MIB * seconds) + 2 * MIB; // at first a pipe, and what the buffers hold
                assertTrue(at <= most, at + " bytes after " + seconds + " s");
            }
            assertEquals(-1, client.getInputStream().read());
        }
        sent.get();
        double moved = proxy.metric("splice_relayed_bytes_total{path=\"spliced\"}") - spliced;
        assertTrue(moved >= 0.95 * bytes.length, () -> moved + " bytes were spliced");
        String info = proxy.get("/metrics").body();
        assertTrue(info.contains("pipe_capacity=\"262144\""), "a pipe holds more, or less, than an eighth of a second");
    }

    @Test
    void shouldAskUpstreamsHowTheyAre() throws Exception {
        AtomicReference<String> answer = new AtomicReference<>("+PONG\r\n");
        try (WireServer asked = WireServer.start();
                ProxyProcess checking = ProxyProcess.start(
                        "tcp-proxy",
                        "--to",
                        asked.endpoint(),
                        "--send-proxy",
                        "v1",
                        "--check-interval",
                        "50ms",
                        "--check-send",
                        "PING\\r\\n",
                        "--check-expect",
                        "+PONG")) {
            String up = "proxy_upstream_up{upstream=\"" + asked.endpoint() + "\"}";
            AtomicInteger inARow = new AtomicInteger(); // since the answer was changed
            Future<Integer> checks = asked.each(connection -> {
                if (WireServer.head(connection).equals("PROXY UNKNOWN\r\nPING\r\n\r\n")) {
                    inARow.incrementAndGet();
                    WireServer.write(connection, answer.get());
                }
            });
            checking.awaitMetric(up, value -> inARow.get() > 1); // the first check of all decides
            for (String ill : new String[] {"-NO\r\n", "", "+PON"}) {
                inARow.set(0);
                answer.set(ill);
                checking.awaitMetric(up, value -> value == 0);
                assertTrue(inARow.get() >= 3, "ill after " + inARow);
                inARow.set(0);
                answer.set("+PONG and more\r\n");
                checking.awaitMetric(up, value -> value == 1);
                assertTrue(inARow.get() >= 2, "well after " + inARow);
            }
            asked.stop();
            checking.awaitMetric(up, value -> value == 0);
            assertTrue(checks.get() > 0);
            assertEquals(0, checking.metric("proxy_accepted_total"));
        }
    }
}
