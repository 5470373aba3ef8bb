package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is left of connections when a proxy is told to end, and would wait for an hour. */
@Timeout(60)
class DrainIT {
    private static final String REQUEST = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    private static final String HEAD = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";

    private ServerSocket upstream;

    @BeforeEach
    void listen() throws IOException {
        upstream = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
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

    @Test
    void shouldCloseAClientThatOnlyKeepsItsConnectionAlive() throws IOException {
        try (ProxyProcess proxy = start("http-reverse-proxy");
                Socket client = proxy.connect();
                Socket server = upstream.accept()) {
            write(client, REQUEST);
            readHead(server);
            write(server, HEAD + "ok");
            assertTrue(readHead(client).startsWith("HTTP/1.1 200 OK\r\n"));
            assertEquals("ok", read(client, 2));
            proxy.terminate();
            assertEquals(-1, client.getInputStream().read());
            proxy.awaitEnd();
        }
    }

    @Test
    void shouldCloseAClientThatHasNotAskedYet() throws IOException {
        try (ProxyProcess proxy = start("http-reverse-proxy");
                Socket client = proxy.connect();
                Socket server = upstream.accept()) {
            assertTrue(server.isConnected());
            proxy.terminate();
            assertEquals(-1, client.getInputStream().read());
            proxy.awaitEnd();
        }
    }

    @Test
    void shouldCloseAClientBehindTheAnswerThatItWaitsFor() throws IOException {
        try (ProxyProcess proxy = start("http-reverse-proxy");
                Socket client = proxy.connect();
                Socket server = upstream.accept()) {
            write(client, REQUEST);
            readHead(server);
            proxy.terminate();
            proxy.awaitNoListener();
            write(server, "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + HEAD);
            assertTrue(readHead(client).startsWith("HTTP/1.1 103 "));
            String head = readHead(client);
            assertTrue(head.startsWith("HTTP/1.1 200 OK\r\n") && head.contains("\r\nconnection: close\r\n"), head);
            write(server, "ok");
            assertEquals("ok", read(client, 3));
            proxy.awaitEnd();
        }
    }

    @Test
    void shouldLetTheClientAnswerAfterASwitchOfProtocols() throws IOException {
        try (ProxyProcess proxy = start("http-reverse-proxy");
                Socket client = proxy.connect();
                Socket server = upstream.accept()) {
            write(client, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n");
            readHead(server);
            write(server, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n");
            assertTrue(readHead(client).startsWith("HTTP/1.1 101 "));
            proxy.terminate();
            proxy.awaitNoListener();
            write(client, "ping");
            assertEquals("ping", read(server, 4));
            write(server, "pong");
            server.shutdownOutput();
            assertEquals("pong", read(client, 5));
        }
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
