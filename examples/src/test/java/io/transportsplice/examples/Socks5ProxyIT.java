// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.examples.Programs.Ended;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The proxy between curl, or a client of bare bytes, and nginx. */
class Socks5ProxyIT extends TunnelContract {
    private static final byte[] GREETING = {5, 1, 0};
    private static final byte[] GREETED = {5, 0};
    private static final int REFUSED = 5;
    private static final int FAILURE = 1;
    private static final int COMMAND_UNSUPPORTED = 7;
    private static final int CURL_PROXY_ERROR = 97;

    Socks5ProxyIT() {
        super("socks5-proxy");
    }

    @Override
    String[] through(String proxy) {
        return new String[] {"--socks5", proxy};
    }

    @Test
    void shouldResolveNamesForItsClients() throws IOException {
        assertEquals(
                new Ended(0, "it"),
                Programs.curl("--socks5-hostname", shared().endpoint(), "http://localhost:" + serverPort() + "/name"));
    }

    @Test
    void shouldSayWhyItCannotConnect() throws IOException {
        Ended ended = Programs.curl("--socks5", shared().endpoint(), "http://127.0.0.1:" + Programs.freePort());
        assertEquals(CURL_PROXY_ERROR, ended.exitCode());
        assertTrue(ended.out().contains("(" + REFUSED + ")"), ended::out);
        assertEquals(COMMAND_UNSUPPORTED, reply(request(2, "localhost", 80)));
        String noName = "x".repeat(64); // longer than a part of a name may be
        assertEquals(FAILURE, reply(request(1, noName + ".example.org", 80)));
        assertEquals(1, shared().metric("proxy_connect_failures_total{reason=\"refused\"}"));
    }

    /** To a resolver the empty name is the proxy's own host. */
    @ParameterizedTest
    @ValueSource(strings = {"", " ", "   "})
    void shouldRefuseANameThatIsNone(String name) throws IOException {
        long connects = shared().metric("proxy_connects_total");
        assertEquals(FAILURE, reply(request(1, name, serverPort())));
        assertEquals(connects, shared().metric("proxy_connects_total"));
    }

    @Test
    void shouldRefuseAPortThatIsNone() throws IOException {
        String protocol = "proxy_refused_total{reason=\"protocol\"}";
        long refused = shared().metric(protocol);
        assertEquals(FAILURE, reply(request(1, "127.0.0.1", 0)));
        assertEquals(refused + 1, shared().metric(protocol));
    }

    @Test
    void shouldRefuseWhoInsistsOnAuthentication() throws IOException {
        try (Socket client = shared().connect()) {
            client.getOutputStream().write(new byte[] {5, 1, 2});
            assertArrayEquals(
                    new byte[] {5, (byte) 0xFF}, client.getInputStream().readAllBytes());
        }
    }

    @Test
    void shouldNotLoseWhatComesBehindTheRequest() throws IOException {
        try (Socket client = shared().connect()) {
            byte[] get = "GET /name HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            all.writeBytes(GREETING);
            all.writeBytes(request(1, "127.0.0.1", serverPort()));
            all.writeBytes(get);
            client.getOutputStream().write(all.toByteArray());

            byte[] answer = client.getInputStream().readAllBytes();
            assertArrayEquals(GREETED, new byte[] {answer[0], answer[1]});
            String text = new String(answer, StandardCharsets.ISO_8859_1);
            assertTrue(text.contains("HTTP/1.1 200 OK") && text.endsWith("\r\n\r\nit"), text);
        }
    }

    @Test
    void shouldResetWhoDoesNotSpeakSocks5() throws IOException {
        for (byte[] nonsense : new byte[][] {{4, 1, 0, 80, 127, 0, 0, 1, 0}, {5}}) {
            try (Socket client = shared().connect()) {
                client.getOutputStream().write(nonsense);
                assertThrows(
                        SocketException.class, () -> client.getInputStream().read());
            }
        }
        assertEquals(1, shared().metric("proxy_refused_total{reason=\"timeout\"}"));
    }

    @Test
    void shouldNotBlameAClientThatBreaksForWhatItSays() throws Exception {
        String incomplete = "proxy_refused_total{reason=\"incomplete\"}";
        String protocol = "proxy_refused_total{reason=\"protocol\"}";
        long incompleteBefore = shared().metric(incomplete);
        long protocolBefore = shared().metric(protocol);
        try (Socket client = shared().connect()) {
            client.getOutputStream().write(5);
            client.setSoLinger(true, 0);
        }
        shared().awaitMetric(incomplete, now -> now == incompleteBefore + 1);
        assertEquals(protocolBefore, shared().metric(protocol));
    }

    /** The status that a request is answered with. The answer must be whole, and the end clean. */
    private int reply(byte[] request) throws IOException {
        try (Socket client = shared().connect()) {
            client.getOutputStream().write(GREETING);
            assertArrayEquals(GREETED, client.getInputStream().readNBytes(2));
            client.getOutputStream().write(request);
            byte[] reply = client.getInputStream().readAllBytes();
            assertEquals(10, reply.length);
            return reply[1];
        }
    }

    private static byte[] request(int command, String name, int port) {
        byte[] host = name.getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(7 + host.length)
                .put(new byte[] {5, (byte) command, 0, 3, (byte) host.length})
                .put(host)
                .putShort((short) port)
                .array();
    }
}
