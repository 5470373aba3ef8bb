// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.examples.Programs.Ended;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The proxy between curl, or a client of bare bytes, and nginx. */
@Timeout(120)
class TcpProxyIT {
    private static final int SIZE = 24 * 1024 * 1024;
    private static final String WHO = "GET /who HTTP/1.0\r\n\r\n";

    private static final String SERVERS = """
        server { listen 127.0.0.1:%1$d; listen unix:DIRECTORY/nginx.sock; root www; location = /who { return 200 first; } }
        server { listen 127.0.0.1:%2$d; root www; location = /who { return 200 second; } }
        server {
            listen 127.0.0.1:%3$d proxy_protocol;
            root www;
            location = /who {
                return 200 "$proxy_protocol_addr $proxy_protocol_port $proxy_protocol_server_addr";
            }
        }
        """;

    @TempDir
    private static Path directory;

    private static Nginx nginx;

    @BeforeAll
    static void startServers() throws IOException {
        Programs.require("nginx", "curl");
        Files.createDirectories(directory.resolve("www"));
        Programs.randomFile(directory.resolve("www/data"), SIZE);
        nginx = Nginx.start(directory, SERVERS.replace("DIRECTORY", directory.toString()), 3);
    }

    @AfterAll
    static void stopServers() {
        if (nginx != null) {
            nginx.close();
        }
    }

    private static String server(int n) {
        return "127.0.0.1:" + nginx.port(n);
    }

    private static String who(ProxyProcess proxy) throws IOException {
        return talk(proxy, WHO);
    }

    /** The body of the answer to some bytes. */
    private static String talk(ProxyProcess proxy, String request) throws IOException {
        try (Socket client = proxy.connect()) {
            client.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            String answer = new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            return answer.substring(answer.indexOf("\r\n\r\n") + 4);
        }
    }

    @Test
    void shouldGoToTheUpstreamWithTheFewestConnections() throws IOException {
        try (ProxyProcess proxy = ProxyProcess.start("tcp-proxy", "--to", server(0), "--to", server(1));
                Socket stays = proxy.connect()) {
            proxy.awaitMetric("proxy_connects_total", count -> count == 1);
            String busy = "proxy_upstream_connections{upstream=\"" + server(0) + "\"}";
            String other = proxy.metric(busy) == 1 ? "second" : "first";
            for (int i = 0; i < 5; i++) {
                assertEquals(other, who(proxy));
                proxy.awaitMetric("proxy_clients", count -> count == 1);
            }
            assertTrue(stays.isConnected());
        }
    }

    @Test
    void shouldConnectToAName() throws IOException {
        String name = "localhost:" + nginx.port(0);
        try (ProxyProcess proxy = ProxyProcess.start("tcp-proxy", "--to", name)) {
            assertEquals("first", who(proxy));
            assertEquals(1, proxy.metric("proxy_upstream_up{upstream=\"" + name + "\"}"));
        }
    }

    @Test
    void shouldTryTheNextUpstreamAndLeaveOutTheOneThatFailed() throws IOException {
        String dead = "127.0.0.1:" + Programs.freePort();
        try (ProxyProcess proxy =
                ProxyProcess.start("tcp-proxy", "--to", dead, "--to", server(1), "--fail-time", "1h")) {
            for (int i = 0; i < 6; i++) {
                assertEquals("second", who(proxy));
            }
            assertEquals(1, proxy.metric("proxy_upstream_failures_total{upstream=\"" + dead + "\"}"));
            assertEquals(0, proxy.metric("proxy_upstream_up{upstream=\"" + dead + "\"}"));
            assertEquals(1, proxy.metric("proxy_upstream_up{upstream=\"" + server(1) + "\"}"));
        }
    }

    @Test
    void shouldResetTheClientIfNoUpstreamIsLeft() throws IOException {
        String dead = "127.0.0.1:" + Programs.freePort();
        try (ProxyProcess proxy = ProxyProcess.start("tcp-proxy", "--to", dead, "--to", "unix:/nowhere");
                Socket client = proxy.connect()) {
            assertThrows(SocketException.class, () -> client.getInputStream().read());
            assertEquals(1, proxy.metric("proxy_refused_total{reason=\"no_upstream\"}"));
            assertEquals(1, proxy.metric("proxy_connect_failures_total{reason=\"refused\"}"));
        }
    }

    @Test
    void shouldTellAndHearTheClientsAddress() throws IOException {
        try (ProxyProcess proxy = ProxyProcess.start("tcp-proxy", "--to", server(2), "--send-proxy", "v2");
                ProxyProcess behind =
                        ProxyProcess.start("tcp-proxy", "--to", server(2), "--accept-proxy", "--send-proxy", "v1");
                ProxyProcess front = ProxyProcess.start("tcp-proxy", "--to", behind.endpoint(), "--send-proxy", "v2");
                Socket client = proxy.connect()) {
            client.getOutputStream().write(WHO.getBytes(StandardCharsets.US_ASCII));
            String answer = new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            assertTrue(answer.endsWith("\r\n\r\n127.0.0.1 " + client.getLocalPort() + " 127.0.0.1"), answer);

            assertEquals("1.2.3.4 5 6.7.8.9", talk(behind, "PROXY TCP4 1.2.3.4 6.7.8.9 5 10\r\n" + WHO));
            assertEquals(
                    "2001:db8::1 5 2001:db8::2", talk(behind, "PROXY TCP6 2001:db8::1 2001:db8::2 5 10\r\n" + WHO));
            assertTrue(who(front).startsWith("127.0.0.1 "));
            download(front.endpoint());
            front.assertMovedBy(Mode.AUTO, SIZE * 9L / 10);
            behind.assertMovedBy(Mode.AUTO, SIZE * 9L / 10);
            try (Socket rude = behind.connect()) {
                rude.getOutputStream().write(WHO.getBytes(StandardCharsets.US_ASCII));
                assertThrows(SocketException.class, () -> rude.getInputStream().readAllBytes(), "it is reset");
            }
            behind.awaitMetric("proxy_refused_total{reason=\"protocol\"}", count -> count == 1);
        }
    }

    private static void download(String endpoint, String... options) throws IOException {
        Path copy = directory.resolve("copy");
        Programs.mustSucceed(
                Programs.curl(Programs.join(options, "-o", copy.toString(), "http://" + endpoint + "/data")));
        assertEquals(-1, Files.mismatch(directory.resolve("www/data"), copy));
    }

    @Test
    void shouldLetFurtherClientsWaitAtTheLimit() throws Exception {
        try (ProxyProcess proxy = ProxyProcess.start("tcp-proxy", "--to", server(0), "--max-connections", "2");
                Socket first = proxy.connect();
                Socket second = proxy.connect()) {
            proxy.awaitMetric("proxy_clients", count -> count == 2);
            assertEquals(1, proxy.metric("proxy_accept_pauses_total"));
            try (Socket third = proxy.connect()) { // by the kernel
                third.getOutputStream().write(WHO.getBytes(StandardCharsets.US_ASCII));
                assertEquals(2, proxy.metric("proxy_accepted_total"));
                first.shutdownOutput(); // nginx closes then
                String answer = new String(third.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
                assertTrue(answer.endsWith("first"), answer);
            }
            second.getOutputStream().write(WHO.getBytes(StandardCharsets.US_ASCII));
            assertEquals(
                    "HTTP/1.1 200 OK", new String(second.getInputStream().readNBytes(15), StandardCharsets.US_ASCII));
            proxy.awaitMetric("proxy_accepted_total", count -> count == 3);
        }
    }

    @Test
    void shouldAcceptOnEveryEventLoop() throws IOException {
        try (ProxyProcess proxy = ProxyProcess.start(
                "tcp-proxy", "--to", server(0), "--threads", "4", "--reuse-port", "--max-connections", "100")) {
            List<Socket> clients = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                clients.add(proxy.connect());
            }
            proxy.awaitMetric("proxy_clients", count -> count == 40);
            for (Socket client : clients) {
                client.getOutputStream().write(WHO.getBytes(StandardCharsets.US_ASCII));
                assertTrue(new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)
                        .endsWith("first"));
                client.close();
            }
            assertEquals(4, proxy.listeners());
        }
    }

    @Test
    void shouldRelayBetweenUnixSockets() throws IOException {
        Path socket = directory.resolve("proxy.sock");
        try (ProxyProcess proxy = ProxyProcess.start(
                "tcp-proxy", "--listen", "unix:" + socket, "--to", "unix:" + directory.resolve("nginx.sock"))) {
            assertEquals("unix:" + socket, proxy.endpoint());
            Ended ended = Programs.curl("--unix-socket", socket.toString(), "http://x/who");
            assertEquals(new Ended(0, "first"), ended);
            download("x", "--unix-socket", socket.toString());
            proxy.assertMovedBy(Mode.AUTO, SIZE * 9L / 10);
        }
        assertFalse(Files.exists(socket), "it tidies up");
    }

    @Test
    void shouldReadItsOptionsFromAFile() throws IOException {
        Path config = Files.writeString(directory.resolve("tcp-proxy.conf"), """
            # one option a line, or several
            --to %s
            --threads 2 --mode splice
            --idle-timeout
              1h
            """.formatted(server(1)));
        try (ProxyProcess proxy = ProxyProcess.start("tcp-proxy", "@" + config)) {
            assertEquals("second", who(proxy));
        }
    }

    @Test
    void shouldServeAPageAndMetrics() throws Exception {
        try (ProxyProcess proxy = ProxyProcess.start("tcp-proxy", "--to", server(0))) {
            download(proxy.endpoint());

            assertTrue(proxy.get("/").body().contains("fetch(\"/metrics\""));
            assertEquals(404, proxy.get("/else").statusCode());
            var metrics = proxy.get("/metrics");
            assertEquals(
                    "text/plain; version=0.0.4; charset=utf-8",
                    metrics.headers().firstValue("content-type").orElseThrow());
            for (String line : metrics.body().lines().toList()) {
                assertTrue(line.matches("# (HELP|TYPE) \\w+ .+|\\w+(\\{(\\w+=\"[^\"]+\",?)+})? [\\d.E]+"), line);
            }
            assertTrue(proxy.metric("splice_relayed_bytes_total{path=\"spliced\"}") > SIZE * 9L / 10);
        }
    }

    @Test
    void shouldLetConnectionsFinishWhenItIsTold() throws IOException {
        try (ServerSocket upstream = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ProxyProcess proxy = ProxyProcess.start("tcp-proxy", "--to", "127.0.0.1:" + upstream.getLocalPort());
                Socket client = proxy.connect();
                Socket server = upstream.accept()) {
            proxy.terminate();
            proxy.awaitNoListener();
            OutputStream out = server.getOutputStream();
            out.write(new byte[] {1, 2, 3});
            server.shutdownOutput();
            assertEquals(3, client.getInputStream().readAllBytes().length);
        }
    }
}
