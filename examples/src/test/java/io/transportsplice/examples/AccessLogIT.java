// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The lines that a proxy leaves of its connections, and of trouble. */
@Timeout(120)
class AccessLogIT {
    private static final String TIME = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}(Z|[+-]\\d\\d:\\d\\d)";

    @TempDir
    private Path directory;

    private Path log;
    private ServerSocket upstream;

    @BeforeEach
    void listen() throws IOException {
        log = directory.resolve("access.log");
        upstream = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    }

    @AfterEach
    void close() throws IOException {
        upstream.close();
    }

    private ProxyProcess start(String... options) throws IOException {
        return startOne("tcp-proxy", options);
    }

    private ProxyProcess startOne(String proxy, String... options) throws IOException {
        String to = "127.0.0.1:" + upstream.getLocalPort();
        String[] logged = {"--to", to, "--access-log", log.toString(), "--access-log-format", "text"};
        return ProxyProcess.start(proxy, Programs.join(logged, options));
    }

    private static void send(Socket from, Socket to, int count) throws IOException {
        from.getOutputStream().write(new byte[count]);
        assertEquals(count, to.getInputStream().readNBytes(count).length);
    }

    /** The line that follows those that are known. */
    private void assertNext(int known, String pattern) throws IOException {
        while (!Files.exists(log) || Files.readAllLines(log).size() <= known) { // until the test's timeout
            LockSupport.parkNanos(10_000_000);
        }
        List<String> lines = Files.readAllLines(log);
        assertEquals(known + 1, lines.size());
        String line = lines.get(known);
        assertTrue(line.matches("time=" + TIME + " seconds=\\d+\\.\\d{3} " + pattern), line);
    }

    @Test
    void shouldTellOfEachConnectionHowItWent() throws Exception {
        String ends = "client=127.0.0.1:%d upstream=127.0.0.1:" + upstream.getLocalPort();
        ProxyProcess proxy = start("--mode", "splice");
        try {
            int port;
            try (Socket client = proxy.connect();
                    Socket server = upstream.accept()) {
                port = client.getLocalPort();
                send(client, server, 300);
                send(server, client, 5_000);
            }
            assertNext(0, ends.formatted(port) + " up=300 down=5000 spliced=1.000 end=finished reason=- status=-");

            Socket client = proxy.connect();
            port = client.getLocalPort();
            try (Socket server = upstream.accept()) {
                send(client, server, 1);
                client.setSoLinger(true, 0);
                client.close();
                String reset = " up=1 down=0 spliced=1.000 end=failed reason=\".*reset.*\" status=-";
                assertNext(1, ends.formatted(port) + reset);
            }

            upstream.close();
            try (Socket refused = proxy.connect()) {
                String none =
                        "client=127.0.0.1:%d upstream=- up=- down=- spliced=- end=refused reason=no_upstream status=-";
                assertNext(2, none.formatted(refused.getLocalPort()));
            }
            proxy.terminate();
            String said = proxy.awaitEnd();
            assertTrue(said.lines().allMatch(line -> line.matches(TIME + " [A-Z]{4,5} +\\w+: .*")), said);
            assertTrue(said.contains(" WARN  proxy: cannot connect to "), said);
        } finally {
            proxy.discard();
        }
    }

    @Test
    void shouldNameTheClientThatAnotherProxyToldOf() throws Exception {
        try (ProxyProcess proxy = start("--accept-proxy", "--mode", "plain")) {
            String told = "PROXY TCP4 192.0.2.7 192.0.2.1 7000 80\r\n";
            try (Socket client = proxy.connect()) {
                client.getOutputStream().write(told.getBytes(StandardCharsets.US_ASCII));
                try (Socket server = upstream.accept()) {
                    send(client, server, 10);
                }
            }
            assertNext(
                    0,
                    "client=192\\.0\\.2\\.7:7000 upstream=\\S+ up=10 down=0 spliced=- end=finished reason=- status=-");
        }
    }

    @Test
    void shouldTellWhomTheProxyAnsweredItselfFromWhoWentAway() throws Exception {
        try (ProxyProcess proxy = startOne("http-reverse-proxy")) {
            assertEnds(proxy, 0, "", "upstream=- up=0 down=0 spliced=- end=unconnected reason=- status=-");
            assertEnds(proxy, 1, "nonsense\r\n\r\n", "upstream=- .* end=refused reason=protocol status=400");
            String connect = "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n";
            assertEnds(proxy, 2, connect, "upstream=- .* end=refused reason=unsupported status=405");
            Future<?> gone = CompletableFuture.runAsync(this::acceptAndEnd);
            String get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
            assertEnds(proxy, 3, get, "upstream=\\S+:\\d+ .* end=\\w+ reason=\\S+ status=502");
            gone.get();
            upstream.close();
            assertEnds(proxy, 4, get, "upstream=- .* end=refused reason=no_upstream status=502");
            String half = "upstream=- .* end=refused reason=incomplete status=400";
            assertEnds(proxy, 5, "GET / HT", half);
            assertEnds(proxy, 6, "GET / HTTP/1.1\r\nHos", half);
            for (String reason : new String[] {"protocol", "unsupported", "no_upstream", "incomplete"}) {
                assertEquals(
                        reason.equals("incomplete") ? 2 : 1,
                        proxy.metric("proxy_refused_total{reason=\"" + reason + "\"}"));
            }
        }
    }

    @Test
    void shouldCountAllThatTheConnectionOfAnHttpClientCarries() throws Exception {
        String post = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n" + "u".repeat(199_999) + "!";
        String answer = "HTTP/1.1 200 OK\r\nContent-Length: 400000\r\nConnection: close\r\n\r\n" + "d".repeat(400_000);
        try (ProxyProcess proxy = startOne("http-reverse-proxy", "--mode", "splice")) {
            Future<?> served = CompletableFuture.runAsync(() -> acceptAndAnswer(answer));
            String received;
            try (Socket client = proxy.connect()) {
                WireServer.write(client, post);
                received = WireServer.rest(client);
            }
            served.get();
            assertTrue(received.endsWith("d".repeat(400_000)));
            String bytes = "up=%d down=%d".formatted(post.length(), received.length());
            assertNext(0, "client=\\S+ upstream=\\S+ " + bytes + " spliced=0\\.\\d{3} end=finished .*");
        }
    }

    /** What a pipe has delivered by then is spliced, and it must have been sent, too. */
    @Test
    void shouldNotTellOfMoreSplicedThanSentWhenAClientResetsWithinABody() throws Exception {
        String spliced = "splice_relayed_bytes_total{path=\"spliced\"}";
        try (ProxyProcess proxy = startOne("http-reverse-proxy", "--mode", "splice")) {
            Future<?> served = CompletableFuture.runAsync(this::acceptAndAnswerForEver);
            try (Socket client = proxy.connect()) {
                WireServer.write(client, "GET /! HTTP/1.1\r\nHost: x\r\n\r\n");
                WireServer.until(client, "!"); // what came with the head is copied, the rest is spliced
                WireServer.write(client, "GET /? HTTP/1.1\r\nHost: x\r\n\r\n");
                AtomicLong before = new AtomicLong();
                proxy.awaitMetric(spliced, now -> now > 0 && now == before.getAndSet(now)); // it is stuck in a pipe
                client.setSoLinger(true, 0);
            }
            assertThrows(ExecutionException.class, served::get);
            assertNext(0, "client=\\S+ upstream=\\S+ up=\\d+ down=\\d+ spliced=(0\\.\\d{3}|1\\.000) end=failed .*");
            long down = Long.parseLong(Files.readString(log).replaceAll("(?s).* down=(\\d+) .*", "$1"));
            long sent = proxy.metric(spliced);
            assertTrue(down >= sent, () -> sent + " bytes are spliced, and the log says " + down);
        }
    }

    private void acceptAndAnswerForEver() {
        try (Socket server = upstream.accept()) {
            WireServer.until(server, "!");
            WireServer.write(server, "HTTP/1.1 200 OK\r\nContent-Length: " + Long.MAX_VALUE + "\r\n\r\n!");
            WireServer.until(server, "?");
            while (true) {
                server.getOutputStream().write(new byte[1 << 20]);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void acceptAndAnswer(String answer) {
        try (Socket server = upstream.accept()) {
            WireServer.until(server, "!");
            WireServer.write(server, answer);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void acceptAndEnd() {
        try (Socket server = upstream.accept()) {
            WireServer.head(server);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void assertEnds(ProxyProcess proxy, int known, String request, String pattern) throws IOException {
        try (Socket client = proxy.connect()) {
            WireServer.write(client, request);
            client.shutdownOutput();
            WireServer.rest(client);
        }
        assertNext(known, "client=\\S+ " + pattern);
    }

    private void relayOne(ProxyProcess proxy) throws IOException {
        try (Socket client = proxy.connect();
                Socket server = upstream.accept()) {
            send(client, server, 10);
            send(server, client, 10);
        }
    }

    @Test
    void shouldOpenItsFileAnewAtSighup() throws Exception {
        String relayed = "client=\\S+ upstream=\\S+ up=10 down=10 .*";
        Path renamed = directory.resolve("access.log.1");
        try (ProxyProcess proxy = start()) {
            relayOne(proxy);
            assertNext(0, relayed);
            Files.move(log, renamed);
            relayOne(proxy);
            log = renamed;
            assertNext(1, relayed);

            proxy.hangUp();
            proxy.awaitComplaint("has read its options again");
            log = directory.resolve("access.log");
            relayOne(proxy);
            assertNext(0, relayed);
            assertEquals(2, Files.readAllLines(renamed).size());
            assertEquals(0, proxy.metric("proxy_access_log_failures_total"));
        }
    }

    @Test
    void shouldRelayOnWhenTheDiskIsFull() throws Exception {
        String failures = "proxy_access_log_failures_total";
        log = Path.of("/dev/full");
        ProxyProcess proxy = start();
        try {
            for (int count = 1; count <= 5; count++) {
                relayOne(proxy);
                long known = count;
                proxy.awaitMetric(failures, failed -> failed == known);
            }
            proxy.terminate();
            String said = proxy.awaitEnd();
            assertEquals(
                    1,
                    said.lines().filter(line -> line.contains("the access log")).count(),
                    said);
            assertTrue(said.contains(" WARN  proxy: cannot write the access log: No space left on device"), said);
        } finally {
            proxy.discard();
        }
    }
}
