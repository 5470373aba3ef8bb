// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.examples.Programs.Ended;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The proxy between curl, or a client of bare bytes, and nginx. */
@Timeout(120)
class HttpReverseProxyIT {
    private static final int SIZE = 24 * 1024 * 1024;

    private static final String SERVER = """
        server {
            listen 127.0.0.1:%1$d;
            root www;
            location /put/ { dav_methods PUT; }
            location /gzip/ { alias www/; gzip on; gzip_types *; gzip_proxied any; }
            location = /client { return 200 "$http_x_forwarded_for"; }
            location = /none { return 204; }
        }
        """;

    @TempDir
    private static Path directory;

    private static Nginx nginx;
    private static ProxyProcess shared;

    @BeforeAll
    static void startServer() throws IOException {
        Programs.require("nginx", "curl");
        Files.createDirectories(directory.resolve("www/put"));
        Programs.randomFile(directory.resolve("www/data"), SIZE);
        // around the size from where on bodies pass by the decoder
        for (int size : new int[] {1, 65_535, 65_536, 65_537, 300_000}) {
            Programs.randomFile(directory.resolve("www/" + size), size);
        }
        nginx = Nginx.start(directory, SERVER, 1);
        shared = ProxyProcess.start("http-reverse-proxy", "--to", "127.0.0.1:" + nginx.port(0));
    }

    @AfterAll
    static void stopServer() throws IOException {
        if (nginx != null) {
            nginx.close();
            shared.close();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY", "PLAIN"})
    void shouldRelayBodiesBothWaysOnOneConnection(Mode mode) throws IOException {
        try (ProxyProcess proxy = ProxyProcess.start(
                "http-reverse-proxy", "--mode", mode.toString(), "--to", "127.0.0.1:" + nginx.port(0))) {
            String url = "http://" + proxy.endpoint();
            Path data = directory.resolve("www/data");
            Path[] copies = {directory.resolve("copy1"), directory.resolve("copy2")};
            Programs.mustSucceed(Programs.curl(
                    url + "/data",
                    "-o",
                    copies[0].toString(),
                    url + "/gzip/data",
                    "-o",
                    copies[1].toString(),
                    "--compressed"));
            for (Path copy : copies) {
                assertEquals(-1, Files.mismatch(data, copy));
            }
            assertEquals(1, proxy.metric("proxy_connects_total"), "keep-alive");
            Programs.mustSucceed(Programs.curl("-T", data.toString(), url + "/put/" + mode));
            assertEquals(-1, Files.mismatch(data, directory.resolve("www/put/" + mode)));

            proxy.assertMovedBy(mode, SIZE * 18L / 10);
        }
    }

    /** Many requests in one write, the answers to which hide in each other's last buffers: heads, bodies of all sizes. */
    @Test
    void shouldAnswerPipelinedRequestsByteForByte() throws IOException {
        StringBuilder requests = new StringBuilder();
        for (String target :
                List.of("/1", "/65535", "/65536", "/65537", "/300000", "/none", "/gone", "/300000", "/1")) {
            for (String method : List.of("GET", "HEAD")) {
                requests.append(method).append(' ').append(target).append(" HTTP/1.1\r\nHost: x\r\n\r\n");
            }
        }
        requests.append("GET /1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        String direct = talk(nginx.port(0), requests.toString());
        String proxied = talk(shared.port(), requests.toString());
        assertTrue(direct.length() > 700_000);
        assertEquals(withoutHops(direct), withoutHops(proxied));
    }

    /** Without dates, and without what each connection has its own of. */
    private static String withoutHops(String answers) {
        return answers.replaceAll("(?i)\r\n(date|connection|via): [^\r]+", "");
    }

    private static String talk(int port, String request) throws IOException {
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
            client.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(client.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    @Test
    void shouldTakePipelinedUploads() throws IOException {
        ByteArrayOutputStream requests = new ByteArrayOutputStream();
        for (int size : new int[] {300_000, 65_536, 1, 65_537}) {
            String head = "PUT /put/up" + size + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + size + "\r\n\r\n";
            requests.writeBytes(head.getBytes(StandardCharsets.US_ASCII));
            requests.writeBytes(Files.readAllBytes(directory.resolve("www/" + size)));
        }
        requests.writeBytes(
                "GET /1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        try (Socket client = shared.connect()) {
            client.getOutputStream().write(requests.toByteArray());
            String answer = new String(client.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            assertEquals(4, answer.split("HTTP/1.1 201 Created", -1).length - 1, answer);
        }
        for (int size : new int[] {300_000, 65_536, 1, 65_537}) {
            assertEquals(-1, Files.mismatch(directory.resolve("www/" + size), directory.resolve("www/put/up" + size)));
        }
    }

    @Test
    void shouldTellWhoTheClientIs() {
        String url = "http://" + shared.endpoint() + "/client";
        assertEquals(new Ended(0, "127.0.0.1"), Programs.curl(url));
        assertEquals(new Ended(0, "127.0.0.1"), Programs.curl("-H", "X-Forwarded-For: 192.0.2.1", url));
    }

    @Test
    void shouldRefuseWhatIsNotHttpOrNotForIt() throws IOException {
        assertTrue(talk(shared.port(), "NONSENSE\r\n\r\n").startsWith("HTTP/1.1 400 Bad Request\r\n"));
        String notAllowed = talk(shared.port(), "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n");
        assertTrue(notAllowed.startsWith("HTTP/1.1 405 Method Not Allowed\r\n"), notAllowed);
        assertTrue(notAllowed.contains("\r\nallow: \r\n"), notAllowed); // no method: RFC 9110, section 10.2.1
        String dead = "127.0.0.1:" + Programs.freePort();
        try (ProxyProcess proxy = ProxyProcess.start("http-reverse-proxy", "--to", dead)) {
            assertTrue(
                    talk(proxy.port(), "GET / HTTP/1.1\r\nHost: x\r\n\r\n").startsWith("HTTP/1.1 502 Bad Gateway\r\n"));
        }
    }

    /** One more answer would be taken for that to its next request. */
    @Test
    void shouldSayNothingToAClientThatHasAskedNothing() throws Exception {
        String head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n";
        try (ServerSocket upstream = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                ProxyProcess proxy =
                        ProxyProcess.start("http-reverse-proxy", "--to", "127.0.0.1:" + upstream.getLocalPort());
                Socket client = proxy.connect()) {
            client.getOutputStream().write(ascii("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
            try (Socket server = upstream.accept()) {
                server.getOutputStream().write(ascii(head + "\r\nok and more\r\n\r\n"));
                String answer = new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
                assertEquals(head + "via: 1.1 transport-splice\r\n\r\nok", answer);
            }
        }
    }

    /** Wherever the stream is cut, and whether or not a body passes by the decoder. */
    @Test
    void shouldTakeAnswersInPiecesOfAnySize() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        int count = 100;
        ByteArrayOutputStream answers = new ByteArrayOutputStream();
        ByteArrayOutputStream passedOn = new ByteArrayOutputStream();
        for (int i = 0; i < count; i++) {
            byte[] body = new byte[random.nextBoolean() ? random.nextInt(1_000) : random.nextInt(200_000)];
            random.nextBytes(body);
            String head = "HTTP/1.1 200 OK\r\nContent-Length: " + body.length + "\r\n";
            answers.writeBytes(ascii(head + "\r\n"));
            passedOn.writeBytes(ascii(head + "via: 1.1 transport-splice\r\n\r\n"));
            answers.writeBytes(body);
            passedOn.writeBytes(body);
        }
        byte[] expected = passedOn.toByteArray();
        try (ServerSocket upstream = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                ProxyProcess proxy =
                        ProxyProcess.start("http-reverse-proxy", "--to", "127.0.0.1:" + upstream.getLocalPort());
                Socket client = proxy.connect()) {
            client.getOutputStream().write(ascii("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(count)));
            try (Socket server = upstream.accept()) {
                server.setTcpNoDelay(true);
                Future<?> sending =
                        CompletableFuture.runAsync(() -> sendInPieces(server, answers.toByteArray(), random));
                byte[] received = client.getInputStream().readNBytes(expected.length);
                assertEquals(-1, Arrays.mismatch(expected, received), "seed " + seed);
                sending.get();
            }
        }
    }

    private static void sendInPieces(Socket server, byte[] bytes, Random random) {
        try {
            for (int sent = 0; sent < bytes.length; ) {
                int piece = Math.min(1 + random.nextInt(random.nextBoolean() ? 100 : 100_000), bytes.length - sent);
                server.getOutputStream().write(bytes, sent, piece);
                sent += piece;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
