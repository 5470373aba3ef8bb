// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.examples.Programs.Ended;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** tcp-proxy with TLS towards clients, upstreams or both, between real programs that know how a stream has to end. */
@Timeout(120)
class TlsIT {
    private static final int SIZE = 4 * 1024 * 1024;
    private static final String SERVERS = """
        ssl_certificate cert.pem;
        ssl_certificate_key key.pem;
        server { listen 127.0.0.1:%1$d; listen 127.0.0.1:%2$d ssl http2; root www; }
        """;

    @TempDir
    private static Path directory;

    private static Nginx nginx;
    private static WireServer upstream;
    /** In front of the upstream of bare bytes. */
    private static ProxyProcess front;
    /** The same way, through TLS on both sides of a proxy more. */
    private static ProxyProcess both;

    /** Where there is TLS. */
    private enum Side {
        FRONT,
        BACK,
        BOTH;

        String[] options() {
            return switch (this) {
                case FRONT -> frontOptions(nginx.port(0));
                case BACK -> backOptions(nginx.port(1));
                case BOTH -> Programs.join(frontOptions(nginx.port(1)), toTls());
            };
        }
    }

    private static String[] frontOptions(int port) {
        return new String[] {"--to", "localhost:" + port, "--tls-cert", file("cert.pem"), "--tls-key", file("key.pem")};
    }

    private static String[] toTls() {
        return new String[] {"--to-tls", "--to-tls-ca", file("cert.pem")};
    }

    private static String[] backOptions(int port) {
        return Programs.join(new String[] {"--to", "localhost:" + port}, toTls());
    }

    private static String file(String name) {
        return directory.resolve(name).toString();
    }

    @BeforeAll
    static void start() throws IOException {
        Programs.require("nginx", "openssl", "curl", "gnutls-cli");
        Certificates.make(directory, "localhost");
        Files.createDirectories(directory.resolve("www"));
        Programs.randomFile(directory.resolve("www/data"), SIZE);
        nginx = Nginx.start(directory, SERVERS, 2);
        upstream = WireServer.start();
        front = ProxyProcess.start("tcp-proxy", Programs.join(frontOptions(upstream.port()), "--alpn", "h2,http/1.1"));
        both = ProxyProcess.start("tcp-proxy", Programs.join(frontOptions(front.port()), toTls()));
    }

    @AfterAll
    static void stop() throws IOException {
        if (both != null) {
            both.close();
            front.close();
            upstream.close();
            nginx.close();
        }
    }

    private static String[] curl(ProxyProcess proxy, Side side, String... more) {
        String url = (side == Side.BACK ? "http" : "https") + "://localhost:" + proxy.port() + "/data";
        return Programs.join(new String[] {"--cacert", file("cert.pem"), "-o", file("copy"), url}, more);
    }

    @ParameterizedTest
    @EnumSource
    void shouldRelayEveryByteAndTheUpstreamsChoiceOfProtocol(Side side) throws IOException {
        try (ProxyProcess proxy = ProxyProcess.start("tcp-proxy", side.options())) {
            for (String version : List.of("--http2", "--http1.1")) {
                Ended ended = Programs.curl(curl(proxy, side, version, "-w", "%{http_version}"));
                boolean isChosen = side == Side.BOTH && version.equals("--http2");
                assertEquals(new Ended(0, isChosen ? "2" : "1.1"), ended);
                assertEquals(-1, Files.mismatch(directory.resolve("www/data"), directory.resolve("copy")));
            }
            proxy.awaitMetric("proxy_clients", clients -> clients == 0);
            proxy.awaitMetric("splice_buffers_in_flight", buffers -> buffers == 0);
        }
    }

    /** Those that shake hands with clients. */
    private enum Terminating {
        FRONT,
        BOTH;

        ProxyProcess proxy() {
            return this == FRONT ? front : both;
        }

        String endpoint() {
            return "localhost:" + proxy().port();
        }

        /** A program that complains of a stream that was cut. */
        Ended runStrictly(String client) {
            return client.equals("openssl")
                    ? Programs.run(
                            "openssl",
                            "s_client",
                            "-quiet",
                            "-verify_return_error",
                            "-CAfile",
                            file("cert.pem"),
                            "-connect",
                            endpoint())
                    : Programs.run(
                            "gnutls-cli", "--x509cafile", file("cert.pem"), "-p", "" + proxy().port(), "localhost");
        }
    }

    @ParameterizedTest
    @CsvSource({"FRONT, openssl", "FRONT, gnutls-cli", "BOTH, openssl", "BOTH, gnutls-cli"})
    void shouldTellAClientWhetherItHasTheWhole(Terminating way, String client) throws Exception {
        Future<String> whole = upstream.next(connection -> {
            WireServer.write(connection, "that is all\n");
            connection.shutdownOutput();
            return "";
        });
        Ended ended = way.runStrictly(client);
        assertEquals(0, ended.exitCode(), ended::out);
        assertTrue(ended.out().contains("that is all\n"), ended::out);
        whole.get();

        Future<String> cut = upstream.next(connection -> {
            WireServer.write(connection, "that is not\n");
            connection.setSoLinger(true, 0);
            return "";
        });
        ended = way.runStrictly(client);
        assertNotEquals(0, ended.exitCode(), ended::out);
        cut.get();
    }

    private static SSLSocket connect(Terminating way, Socket tcp) throws Exception {
        SSLContext context = Certificates.trusting(directory);
        return (SSLSocket) context.getSocketFactory()
                .createSocket(tcp, "localhost", way.proxy().port(), true);
    }

    @ParameterizedTest
    @EnumSource
    void shouldTellTheUpstreamWhetherItHasTheWhole(Terminating way) throws Exception {
        Future<String> received = upstream.next(connection -> {
            String all = WireServer.rest(connection);
            WireServer.write(connection, "got it");
            return all;
        });
        try (Socket tcp = way.proxy().connect();
                SSLSocket client = connect(way, tcp)) {
            WireServer.write(client, "that is all");
            client.shutdownOutput();
            assertEquals("got it", WireServer.rest(client), "in TLS 1.3 a client may end first");
        }
        assertEquals("that is all", received.get());

        received = upstream.next(connection -> {
            WireServer.until(connection, "that is not");
            WireServer.write(connection, "?");
            return WireServer.rest(connection);
        });
        try (Socket tcp = way.proxy().connect();
                SSLSocket client = connect(way, tcp)) {
            WireServer.write(client, "that is not");
            assertEquals('?', client.getInputStream().read());
            tcp.shutdownOutput(); // without a close_notify
            assertThrows(ExecutionException.class, received::get);
        }
    }

    @Test
    void shouldOfferWhatAnUpstreamWithoutTlsSpeaks() throws Exception {
        for (String[] choice : new String[][] {{"foo,http/1.1,h2", "h2"}, {"foo,http/1.1", "http/1.1"}}) {
            for (Terminating way : Terminating.values()) {
                Future<String> connection = upstream.next(WireServer::rest);
                Ended ended = Programs.run("openssl", "s_client", "-connect", way.endpoint(), "-alpn", choice[0]);
                assertTrue(ended.out().contains("ALPN protocol: " + choice[1]), ended::out);
                assertEquals("", connection.get());
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldNotBotherTheUpstreamForAClientThatDoesNotSpeakTls(Terminating way) throws Exception {
        long before = front.metric("proxy_connects_total");
        try (Socket client = way.proxy().connect()) {
            WireServer.write(client, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
            client.shutdownOutput();
            assertFalse(saysAnything(client));
        }
        assertEquals(before, front.metric("proxy_connects_total"));
    }

    @Test
    void shouldTellAClientByAnAlertWhyItIsTurnedAway() {
        long before = front.metric("proxy_connects_total");
        String protocol = "proxy_refused_total{reason=\"protocol\"}";
        long refused = front.metric(protocol);
        Ended old = Programs.run("openssl", "s_client", "-tls1_1", "-connect", Terminating.FRONT.endpoint());
        assertTrue(old.out().contains("alert protocol version"), old::out);
        assertEquals(before, front.metric("proxy_connects_total"));
        assertEquals(refused + 1, front.metric(protocol));
    }

    /** With TLS towards upstreams, too, that is before the handshake with the client is complete. */
    @ParameterizedTest
    @EnumSource
    void shouldCountAClientWithoutAnUpstreamOnce(Terminating way) throws Exception {
        int nobody = Programs.freePort();
        String[] options =
                way == Terminating.FRONT ? frontOptions(nobody) : Programs.join(frontOptions(nobody), toTls());
        try (ProxyProcess proxy = ProxyProcess.start("tcp-proxy", options)) {
            Programs.run("openssl", "s_client", "-quiet", "-connect", "localhost:" + proxy.port());
            proxy.awaitMetric("proxy_clients", clients -> clients == 0);
            assertEquals(1, proxy.metric("proxy_refused_total{reason=\"no_upstream\"}"));
            assertEquals(
                    1.0,
                    proxy.get("/metrics")
                            .body()
                            .lines()
                            .filter(line -> line.startsWith("proxy_refused_total{"))
                            .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
                            .sum());
        }
    }

    private static boolean saysAnything(Socket client) throws IOException {
        try {
            return client.getInputStream().read() >= 0;
        } catch (SocketException e) {
            return false;
        }
    }

    @Test
    void shouldNotBlameAnUpstreamForWhatAClientOffers() throws IOException {
        try (ProxyProcess proxy = ProxyProcess.start("tcp-proxy", Side.BOTH.options())) {
            Programs.run("openssl", "s_client", "-connect", "localhost:" + proxy.port(), "-alpn", "foo");
            assertEquals(1, proxy.metric("proxy_upstream_up{upstream=\"localhost:" + nginx.port(1) + "\"}"));
            assertEquals(1, proxy.metric("proxy_refused_total{reason=\"protocol\"}"));
        }
    }

    @Test
    void shouldNotTrustAnUpstreamWithAnotherName() throws IOException {
        String[] options = Programs.join(backOptions(nginx.port(1)), "--to-tls-name", "other.example.org");
        try (ProxyProcess proxy = ProxyProcess.start("tcp-proxy", options)) {
            assertNotEquals(0, Programs.curl(curl(proxy, Side.BACK)).exitCode());
            assertEquals(1, proxy.metric("proxy_refused_total{reason=\"no_upstream\"}"));
            assertEquals(0, proxy.metric("proxy_upstream_up{upstream=\"localhost:" + nginx.port(1) + "\"}"));
            assertTrue(proxy.complaints().contains("No subject alternative DNS name matching other.example.org"));
            proxy.terminate();
            proxy.awaitEnd();
        }
    }
}
