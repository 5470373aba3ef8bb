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
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is left of connections when a proxy is told to end, and would wait for an hour. */
@Timeout(120)
class DrainIT {
    private static final String REQUEST = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    private static final String HEAD = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";

    private static final int PATIENCE_MILLIS = 30_000;

    private ServerSocket upstream;

    @BeforeEach
    void listen() throws IOException {
        upstream = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        upstream.setSoTimeout(PATIENCE_MILLIS);
    }

    @AfterEach
    void close() throws IOException {
        upstream.close();
    }

    private ProxyProcess start(String proxy) throws IOException {
        return ProxyProcess.start(proxy, "--to", "127.0.0.1:" + upstream.getLocalPort(), "--drain-timeout", "1h");
    }

    private static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String read(Socket socket, int count) throws IOException {
        return new String(socket.getInputStream().readNBytes(count), StandardCharsets.US_ASCII);
    }

    private static String readHead(Socket socket) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            String next = read(socket, 1);
            assertEquals(1, next.length(), head::toString);
            head.append(next);
        }
        return head.toString();
    }

    /** The upstream's end of a connection, which is made for the first request. */
    private Socket ask(Socket client, String request) throws IOException {
        write(client, request);
        Socket server = upstream.accept();
        server.setTcpNoDelay(true);
        server.setSoTimeout(PATIENCE_MILLIS);
        readHead(server);
        return server;
    }

    /** Until the proxy's one client has been told: when an idle one, which is told with it, is let go. */
    private static void drain(ProxyProcess proxy) throws IOException {
        try (Socket idle = proxy.connect()) {
            proxy.awaitMetric("proxy_clients", clients -> clients == 2);
            proxy.terminate();
            assertEnd(idle);
        }
    }

    private static void assertEnd(Socket socket) throws IOException {
        assertEquals("", read(socket, 1));
    }

    private static void assertClosing(String head) {
        assertTrue(head.startsWith("HTTP/1.1 200 OK\r\n") && head.contains("\r\nconnection: close\r\n"), head);
    }

    private interface Course {
        void take(ProxyProcess proxy, Socket client, Socket server) throws Exception;
    }

    /** A request, what comes of it, and that the upstream is let go at the end, and the proxy ends. */
    private void exchange(String request, Course course) throws Exception {
        try (ProxyProcess proxy = start("http-reverse-proxy");
                Socket client = proxy.connect();
                Socket server = ask(client, request)) {
            course.take(proxy, client, server);
            assertEnd(server);
            proxy.awaitEnd();
        }
    }

    @Test
    void shouldCloseAClientThatOnlyKeepsItsConnectionAlive() throws Exception {
        exchange(REQUEST, (proxy, client, server) -> {
            write(server, HEAD + "ok");
            assertTrue(readHead(client).startsWith("HTTP/1.1 200 OK\r\n"));
            assertEquals("ok", read(client, 2));
            proxy.terminate();
            assertEnd(client);
        });
    }

    @Test
    void shouldCloseAClientThatHasNotAskedYet() throws IOException {
        try (ProxyProcess proxy = start("http-reverse-proxy");
                Socket client = proxy.connect()) {
            proxy.awaitMetric("proxy_clients", clients -> clients == 1);
            proxy.terminate();
            assertEnd(client);
            proxy.awaitEnd();
        }
    }

    @Test
    void shouldCloseAClientBehindTheAnswerThatItWaitsFor() throws Exception {
        exchange(REQUEST, (proxy, client, server) -> {
            drain(proxy);
            write(server, "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + HEAD);
            assertTrue(readHead(client).startsWith("HTTP/1.1 103 "));
            assertClosing(readHead(client));
            write(server, "ok");
            assertEquals("ok", read(client, 3));
        });
    }

    @Test
    void shouldCloseAClientBehindTheLastOfItsAnswers() throws Exception {
        exchange(REQUEST + REQUEST, (proxy, client, server) -> {
            readHead(server);
            drain(proxy);
            write(server, HEAD + "ok");
            String head = readHead(client);
            assertTrue(head.startsWith("HTTP/1.1 200 OK\r\n") && !head.contains("\r\nconnection:"), head);
            assertEquals("ok", read(client, 2));
            write(server, HEAD + "ok");
            assertClosing(readHead(client));
            assertEquals("ok", read(client, 3));
        });
    }

    /** It would be carried out, and nobody would tell. */
    @Test
    void shouldNotPassOnARequestBehindTheLastAnswer() throws Exception {
        exchange(REQUEST, (proxy, client, server) -> {
            drain(proxy);
            write(server, HEAD);
            assertClosing(readHead(client));
            write(client, REQUEST);
            write(server, "ok");
            assertEquals("ok", read(client, 3));
        });
    }

    @Test
    void shouldLetAnUploadFinishThatIsAnsweredAlready() throws Exception {
        exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\n", (proxy, client, server) -> {
            write(server, HEAD + "ok");
            readHead(client);
            assertEquals("ok", read(client, 2));
            drain(proxy);
            write(client, "uploaded");
            assertEquals("uploaded", read(server, 9));
            assertEnd(client);
        });
    }

    /** Whether the proxy has it in its hands already, or most of it is still to come. */
    @ParameterizedTest
    @ValueSource(ints = {1_000_000, 3_000_000, 30_000_000})
    void shouldLetAnAnswerFinishThatTheClientIsSlowToTake(int size) throws Exception {
        exchange(REQUEST, (proxy, client, server) -> {
            CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
                try {
                    write(server, "HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n\r\n" + "x".repeat(size));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            readHead(client);
            drain(proxy);
            assertEquals(size, read(client, size + 1).length());
            writing.get();
        });
    }

    @Test
    void shouldLetTheClientAnswerAfterASwitchOfProtocols() throws Exception {
        exchange(
                "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n", (proxy, client, server) -> {
                    write(server, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n");
                    assertTrue(readHead(client).startsWith("HTTP/1.1 101 "));
                    drain(proxy);
                    write(client, "ping");
                    assertEquals("ping", read(server, 4));
                    write(server, "pong");
                    server.shutdownOutput();
                    assertEquals("pong", read(client, 5));
                    client.shutdownOutput();
                });
    }

    @Test
    void shouldResetWhatIsLeftAtASecondSignal() throws IOException {
        ProxyProcess proxy = start("tcp-proxy");
        try (Socket client = proxy.connect();
                Socket server = upstream.accept()) {
            write(client, "ping");
            assertEquals("ping", read(server, 4));
            proxy.terminate();
            proxy.awaitNoListener();
            proxy.terminate();
            assertThrows(SocketException.class, () -> client.getInputStream().read());
            assertThrows(SocketException.class, () -> server.getInputStream().read());
            assertTrue(proxy.awaitEnd().contains("reset 2 connections that did not finish"));
        } finally {
            proxy.discard();
        }
    }
}
