// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.examples.Programs.Ended;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Future;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The router between curl or openssl, and an nginx with a TLS server for each name. */
@Timeout(120)
class SniRouterIT {
    private static final int SIZE = 24 * 1024 * 1024;
    private static final int TLS_HANDSHAKE = 22;
    private static final int TLS_ALERT = 21;
    private static final int UNRECOGNIZED_NAME = 112;
    private static final int RECORD_HEADER = 5;

    private static final String SERVERS = """
        ssl_certificate cert.pem;
        ssl_certificate_key key.pem;
        server { listen 127.0.0.1:%1$d ssl; root a; }
        server { listen 127.0.0.1:%2$d ssl; root b; }
        server { listen 127.0.0.1:%3$d ssl; root wild; }
        """;

    @TempDir
    private static Path directory;

    private static Nginx nginx;
    /** Without a default, and with little patience. */
    private static ProxyProcess strict;

    @BeforeAll
    static void startServers() throws IOException {
        Programs.require("nginx", "openssl", "curl");
        Certificates.make(directory, "a.example.org", "b.example.org", "*.wild.example.org");
        for (String name : List.of("a", "b", "wild")) {
            Files.createDirectories(directory.resolve(name));
            Files.writeString(directory.resolve(name).resolve("name"), name);
        }
        Programs.randomFile(directory.resolve("a/data"), SIZE);
        nginx = Nginx.start(directory, SERVERS, 3);
        strict = router("--handshake-timeout", "4s");
    }

    @AfterAll
    static void stopServers() throws IOException {
        if (nginx != null) {
            nginx.close();
            strict.close();
        }
    }

    private static ProxyProcess router(String... options) throws IOException {
        String[] routes = {
            "--route", "a.example.org=127.0.0.1:" + nginx.port(0),
            "--route", "B.example.org=127.0.0.1:" + nginx.port(1),
            "--route", "*.wild.example.org=127.0.0.1:" + nginx.port(2),
        };
        return ProxyProcess.start("sni-router", Programs.join(routes, options));
    }

    /** Checks the certificate too: the router must not be able to change a thing. */
    private static Ended fetch(ProxyProcess router, String host, String path, String... options) {
        String[] common = {
            "--cacert",
            directory.resolve("cert.pem").toString(),
            "--resolve",
            host + ":" + router.port() + ":127.0.0.1",
            "https://" + host + ":" + router.port() + path,
        };
        return Programs.curl(Programs.join(common, options));
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY", "PLAIN"})
    void shouldRouteByServerNameAndRelayEveryByte(Mode mode) throws IOException {
        try (ProxyProcess router = router("--mode", mode.toString())) {
            assertEquals(new Ended(0, "a"), fetch(router, "a.example.org", "/name"));
            assertEquals(new Ended(0, "b"), fetch(router, "b.example.org", "/name"));
            assertEquals(new Ended(0, "wild"), fetch(router, "any.wild.example.org", "/name"));
            Path copy = directory.resolve("copy");
            Programs.mustSucceed(fetch(router, "a.example.org", "/data", "-o", copy.toString()));
            assertEquals(-1, Files.mismatch(directory.resolve("a/data"), copy));

            router.assertMovedBy(mode, SIZE * 9L / 10);
        }
    }

    @Test
    void shouldSendUnknownNamesToTheDefault() throws IOException {
        try (ProxyProcess router = router("--default", "127.0.0.1:" + nginx.port(1))) {
            assertEquals(new Ended(0, "b"), fetch(router, "else.example.org", "/name", "-k"));
            assertEquals(new Ended(0, "b"), fetch(router, "deep.in.wild.example.org", "/name", "-k"));
            String noName = "https://127.0.0.1:" + router.port() + "/name";
            assertEquals(new Ended(0, "b"), Programs.curl("-k", noName));
        }
    }

    /** Whatever is a ClientHello, and asks for no name that could have a route. */
    @Test
    void shouldSendHellosWithoutANameToTheDefault() throws Exception {
        byte[] withoutExtensions = hello(new byte[0], new byte[0]);
        byte[] withSession = hello(new byte[32], new byte[0]);
        byte[] withNoExtension = hello(new byte[0], new byte[] {0, 0});
        byte[] named = clientHello("cafz.example.org");
        byte[] misnamed = named.clone();
        misnamed[new String(named, StandardCharsets.ISO_8859_1).indexOf("cafz") + 3] = (byte) 0xE9;
        try (WireServer upstream = WireServer.start();
                ProxyProcess router = router("--default", upstream.endpoint())) {
            for (byte[] hello : List.of(
                    withoutExtensions,
                    withSession,
                    withNoExtension,
                    inRecordsOf(10, withoutExtensions),
                    clientHello("unknown.example.org"),
                    misnamed)) {
                Future<String> received = upstream.next(connection -> {
                    byte[] bytes = connection.getInputStream().readNBytes(hello.length);
                    WireServer.write(connection, "it");
                    return new String(bytes, StandardCharsets.ISO_8859_1);
                });
                try (Socket client = router.connect()) {
                    client.getOutputStream().write(hello);
                    assertEquals("it", WireServer.rest(client));
                }
                assertEquals(new String(hello, StandardCharsets.ISO_8859_1), received.get());
            }
        }
    }

    @Test
    void shouldAnswerAHelloWithoutExtensionsWithAnAlert() throws IOException {
        try (Socket client = strict.connect()) {
            client.getOutputStream().write(hello(new byte[0], new byte[0]));
            byte[] alert = client.getInputStream().readAllBytes();
            assertEquals(UNRECOGNIZED_NAME, alert[alert.length - 1]);
        }
    }

    /** A record of TLS 1.0 with a ClientHello that offers one cipher suite. */
    private static byte[] hello(byte[] session, byte[] extensions) {
        int length = 2 + 32 + 1 + session.length + 4 + 2 + extensions.length;
        return ByteBuffer.allocate(RECORD_HEADER + 4 + length)
                .put(new byte[] {TLS_HANDSHAKE, 3, 1})
                .putShort((short) (4 + length))
                .putInt(0x01000000 | length)
                .put(new byte[] {3, 1})
                .put(new byte[32])
                .put((byte) session.length)
                .put(session)
                .put(new byte[] {0, 2, 0, 0x2f, 1, 0})
                .put(extensions)
                .array();
    }

    @Test
    void shouldAnswerAnUnknownNameWithAnAlert() throws IOException {
        String unsupported = "proxy_refused_total{reason=\"unsupported\"}";
        long before = strict.metric(unsupported);
        try (Socket client = strict.connect()) {
            client.getOutputStream().write(clientHello("else.example.org"));
            byte[] alert = client.getInputStream().readAllBytes();
            assertEquals(TLS_ALERT, alert[0]);
            assertEquals(UNRECOGNIZED_NAME, alert[alert.length - 1]);
        }
        Ended openssl = Programs.run("openssl", "s_client", "-connect", strict.endpoint(), "-noservername");
        assertTrue(openssl.out().contains("unrecognized name"), openssl::out);
        assertEquals(before + 2, strict.metric(unsupported));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 100})
    void shouldUnderstandAHelloInPieces(int size) throws Exception {
        byte[] hello = clientHello("a.example.org");
        try (Socket client = strict.connect()) {
            for (int i = 0; i < hello.length; i += size) {
                client.getOutputStream().write(hello, i, Math.min(size, hello.length - i));
            }
            assertEquals(TLS_HANDSHAKE, client.getInputStream().read(), "the server's hello comes back");
        }
        try (Socket client = strict.connect()) {
            client.getOutputStream().write(inRecordsOf(Math.max(size, 10), hello));
            assertEquals(TLS_HANDSHAKE, client.getInputStream().read(), "in many TLS records, too");
        }
    }

    @Test
    void shouldResetWhoeverDoesNotSayHello() throws IOException {
        byte[] hello = clientHello("a.example.org");
        byte[] plain = "GET / HTTP/1.1\r\nHost: a.example.org\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        assertOneMore("protocol", () -> assertReset(plain));
        byte[] broken = hello(new byte[0], new byte[0]);
        broken[RECORD_HEADER + 4 + 34] = 100; // a session that is longer than the hello
        assertOneMore("protocol", () -> assertReset(broken));
        assertOneMore("timeout", () -> assertReset(Arrays.copyOf(hello, hello.length - 1)));
        assertOneMore("incomplete", () -> {
            try (Socket client = strict.connect()) {
                client.getOutputStream().write(hello, 0, RECORD_HEADER);
            }
        });
        assertEquals(new Ended(0, "a"), fetch(strict, "a.example.org", "/name"), "it is none the worse");
    }

    private static void assertOneMore(String refusal, Executable action) {
        String counter = "proxy_refused_total{reason=\"" + refusal + "\"}";
        long before = strict.metric(counter);
        assertDoesNotThrow(action);
        strict.awaitMetric(counter, count -> count == before + 1);
    }

    private static void assertReset(byte[] bytes) throws IOException {
        try (Socket client = strict.connect()) {
            OutputStream out = client.getOutputStream();
            out.write(bytes);
            assertThrows(SocketException.class, () -> client.getInputStream().read());
        }
    }

    private static byte[] clientHello(String name) throws IOException {
        try {
            SSLEngine engine = SSLContext.getDefault().createSSLEngine();
            engine.setUseClientMode(true);
            SSLParameters parameters = engine.getSSLParameters();
            parameters.setServerNames(List.of(new SNIHostName(name)));
            engine.setSSLParameters(parameters);
            ByteBuffer hello = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
            engine.wrap(ByteBuffer.allocate(0), hello);
            return Arrays.copyOf(hello.array(), hello.position());
        } catch (NoSuchAlgorithmException e) {
            throw new IOException(e);
        }
    }

    /** The same handshake message, spread over records of some bytes each. */
    private static byte[] inRecordsOf(int size, byte[] record) throws IOException {
        ByteArrayInputStream message = new ByteArrayInputStream(record, RECORD_HEADER, record.length);
        ByteBuffer records = ByteBuffer.allocate(record.length * 2);
        while (message.available() > 0) {
            byte[] piece = message.readNBytes(size);
            records.put(record, 0, 3).putShort((short) piece.length).put(piece);
        }
        return Arrays.copyOf(records.array(), records.position());
    }
}
