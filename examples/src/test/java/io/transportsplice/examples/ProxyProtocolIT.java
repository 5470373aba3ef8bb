// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an upstream reads in front of a client's bytes, so that no client can say who it is itself. */
@Timeout(120)
class ProxyProtocolIT {
    private static final String FORGED = "PROXY TCP4 6.6.6.6 7.7.7.7 1 2\r\n";
    private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";
    private static final String TCP4 = SIGNATURE + "21 11 000c 01020304 06070809 0005 000a";
    private static final String TCP6 =
            "0024 20010db8000000000000000000000001 20010db8000000000000000000000002 0005 000a";
    /** 108 bytes for each path: see section 2.2 of the PROXY protocol's document. */
    private static final String UNIX = "00d8" + "2f61" + "00".repeat(106) + "2f62" + "00".repeat(106);
    /** Of types that Netty knows, one that nests others, and one of the range for experiments. */
    private static final String TLVS =
            "01 0002 6832" + "02 0003 612e62" + "20 000d 01 00000000 21 0005 544c537631" + "ea 0001 07";

    @TempDir
    private static Path directory;

    private static ServerSocket upstream;
    private static ProxyProcess toV1;
    private static ProxyProcess toV2;

    @BeforeAll
    static void start() throws IOException {
        upstream = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        toV1 = proxy("v1", "--accept-proxy");
        toV2 = proxy("v2", "--accept-proxy");
    }

    @AfterAll
    static void stop() throws IOException {
        toV1.close();
        toV2.close();
        upstream.close();
    }

    private static ProxyProcess proxy(String version, String... options) throws IOException {
        String to = "127.0.0.1:" + upstream.getLocalPort();
        return ProxyProcess.start("tcp-proxy", Programs.join(options, "--to", to, "--send-proxy", version));
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] join(byte[] a, byte[] b) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        joined.writeBytes(a);
        joined.writeBytes(b);
        return joined.toByteArray();
    }

    /** All that the upstream gets of a client's bytes. */
    private static byte[] through(ProxyProcess proxy, byte[] sent) throws IOException {
        try (Socket client = proxy.connect()) {
            client.getOutputStream().write(sent);
            client.shutdownOutput();
            return received();
        }
    }

    private static byte[] received() throws IOException {
        try (Socket server = upstream.accept()) {
            return server.getInputStream().readAllBytes();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'PROXY UNKNOWN\r\n', 'PROXY UNKNOWN\r\n'",
        "'PROXY UNKNOWN ffff:f::ffff 1.2.3.4 what 65536\r\n', 'PROXY UNKNOWN\r\n'",
        "'PROXY TCP4 1.2.3.4 6.7.8.9 5 10\r\n', 'PROXY TCP4 1.2.3.4 6.7.8.9 5 10\r\n'",
        "'PROXY TCP6 2001:DB8::1 2001:db8::2 5 10\r\n', 'PROXY TCP6 2001:db8::1 2001:db8::2 5 10\r\n'",
        "'PROXY TCP6 ::ffff:1.2.3.4 ::ffff:6.7.8.9 5 10\r\n', 'PROXY TCP6 ::ffff:102:304 ::ffff:607:809 5 10\r\n'",
    })
    void shouldPassVersion1OnAsVersion1(String header, String expected) throws IOException {
        byte[] received = through(toV1, ascii(header + FORGED));
        assertEquals(expected + FORGED, new String(received, StandardCharsets.US_ASCII));
    }

    @ParameterizedTest
    @CsvSource({
        SIGNATURE + "20 00 0000, UNKNOWN", // LOCAL
        SIGNATURE + "20 00 0005 04 0002 0000, UNKNOWN",
        SIGNATURE + "20 11 000c 01020304 06070809 0005 000a, UNKNOWN",
        SIGNATURE + "21 00 0000, UNKNOWN", // UNSPEC
        SIGNATURE + "21 00 0004 01020304, UNKNOWN",
        TCP4 + ", TCP4 1.2.3.4 6.7.8.9 5 10",
        SIGNATURE + "21 11 0011 01020304 06070809 0005 000a 01 0002 6832, TCP4 1.2.3.4 6.7.8.9 5 10",
        SIGNATURE + "21 12 000c 01020304 06070809 0005 000a, UNKNOWN", // UDP
        SIGNATURE + "21 21 " + TCP6 + ", TCP6 2001:db8::1 2001:db8::2 5 10",
        SIGNATURE + "21 22 " + TCP6 + ", UNKNOWN",
    })
    void shouldSayWhatVersion1CanOfVersion2(String header, String expected) throws IOException {
        byte[] received = through(toV1, join(bytes(header), ascii(FORGED)));
        assertEquals("PROXY " + expected + "\r\n" + FORGED, new String(received, StandardCharsets.US_ASCII));
    }

    @ParameterizedTest
    @ValueSource(strings = {"31", "32"})
    void shouldNotTellOfUnixPathsInVersion1(String family) throws IOException {
        byte[] received = through(toV1, join(bytes(SIGNATURE + "21" + family + UNIX), ascii(FORGED)));
        assertEquals("PROXY UNKNOWN\r\n" + FORGED, new String(received, StandardCharsets.US_ASCII));
    }

    @ParameterizedTest
    @CsvSource({
        "UNKNOWN, 20 00 0000",
        "UNKNOWN 1.2.3.4 6.7.8.9 5 10, 20 00 0000",
        "TCP4 1.2.3.4 6.7.8.9 5 10, 21 11 000c 01020304 06070809 0005 000a",
        "TCP6 2001:db8::1 2001:db8::2 5 10, 21 21 " + TCP6,
    })
    void shouldPassVersion1OnAsVersion2(String header, String expected) throws IOException {
        byte[] received = through(toV2, ascii("PROXY " + header + "\r\n" + FORGED));
        assertArrayEquals(join(bytes(SIGNATURE + expected), ascii(FORGED)), received);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "20 00 0000",
                "20 00 0005 04 0002 0000",
                "21 00 0000",
                "21 00 0005 ea 0002 0102",
                "21 11 000c 01020304 06070809 0005 000a",
                "21 12 000c 01020304 06070809 0005 000a",
                "21 21 " + TCP6,
                "21 22 " + TCP6,
                "21 11 002b 01020304 06070809 0005 000a" + TLVS,
                "21 11 0018 01020304 06070809 0005 000a 01 0002 6832 03 0004 2fe091f1", // CRC32C
            })
    void shouldPassVersion2OnAsItCame(String header) throws IOException {
        byte[] sent = join(bytes(SIGNATURE + header), ascii(FORGED));
        assertArrayEquals(sent, through(toV2, sent));
    }

    @Test
    void shouldPassUnixPathsOnInVersion2() throws IOException {
        byte[] sent = join(bytes(SIGNATURE + "21 31" + UNIX), ascii(FORGED));
        assertArrayEquals(sent, through(toV2, sent));
    }

    @Test
    void shouldPassOnTheLargestHeader() throws IOException {
        byte[] header = bytes(SIGNATURE + "21 11 ffff 01020304 06070809 0005 000a ea fff0");
        byte[] sent = join(header, new byte[16 + 0xffff - header.length]);
        byte[] received = through(toV2, join(sent, ascii(FORGED)));
        assertArrayEquals(join(sent, ascii(FORGED)), received);
    }

    @Test
    void shouldPassOnAHeaderThatComesByteByByte() throws IOException {
        byte[] sent = bytes(SIGNATURE + "21 11 002b 01020304 06070809 0005 000a" + TLVS);
        try (Socket client = toV2.connect()) {
            for (byte b : sent) {
                client.getOutputStream().write(b);
            }
            client.shutdownOutput();
            assertArrayEquals(sent, received());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                SIGNATURE + "22 11 000c 01020304 06070809 0005 000a",
                SIGNATURE + "11 11 000c 01020304 06070809 0005 000a",
                SIGNATURE + "21 11 0008 01020304 06070809 0005 000a",
                SIGNATURE + "21 41 000c 01020304 06070809 0005 000a",
                SIGNATURE + "21 11 0010 01020304 06070809 0005 000a 01 0009 6832",
                SIGNATURE + "21 11 0018 01020304 06070809 0005 000a 01 0002 6833 03 0004 2fe091f1", // CRC32C
            })
    void shouldTurnAwayWhoSendsABrokenHeader(String header) throws IOException {
        long refused = toV2.metric("proxy_refused_total{reason=\"protocol\"}");
        try (Socket client = toV2.connect()) {
            client.getOutputStream().write(bytes(header));
            toV2.awaitMetric("proxy_refused_total{reason=\"protocol\"}", count -> count == refused + 1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldTellTheUpstreamThatAUnixClientIsUnknown(ProxyHeader.Version version) throws IOException {
        Path socket = directory.resolve("proxy.sock");
        byte[] expected =
                version == ProxyHeader.Version.V1 ? ascii("PROXY UNKNOWN\r\n") : bytes(SIGNATURE + "20000000");
        try (ProxyProcess proxy = proxy(version.toString(), "--listen", "unix:" + socket);
                SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            assertEquals("unix:" + socket, proxy.endpoint());
            client.write(ByteBuffer.wrap(ascii(FORGED)));
            client.shutdownOutput();
            assertArrayEquals(join(expected, ascii(FORGED)), received());
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldTellWhoTheClientIsInEveryMode(Mode mode) throws IOException {
        try (ProxyProcess proxy = proxy("v1", "--mode", mode.toString());
                Socket client = proxy.connect()) {
            client.getOutputStream().write(ascii(FORGED));
            try (Socket server = upstream.accept()) {
                server.setSoLinger(
                        true, 0); // ends both: of two ends one after the other plain Netty may miss the second
                String own = "PROXY TCP4 127.0.0.1 127.0.0.1 " + client.getLocalPort() + " " + proxy.port() + "\r\n";
                byte[] received = server.getInputStream().readNBytes(own.length() + FORGED.length());
                assertEquals(own + FORGED, new String(received, StandardCharsets.US_ASCII));
            }
        }
    }
}
