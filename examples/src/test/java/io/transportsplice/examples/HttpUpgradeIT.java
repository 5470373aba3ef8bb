package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How the reverse proxy goes over to another protocol: RFC 9110, section 7.8. */
@Timeout(60)
class HttpUpgradeIT {
    private static final int SIZE = 300_000;
    private static final String ASKING = "POST /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: foo\r\n";
    private static final String SWITCHING =
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n";

    /** The upstream switches when it has got a part of the request; the client does when it has sent the rest of it. */
    private static String switchUnderWay(Mode mode, String head, String part, String rest, String protocol)
            throws Exception {
        try (WireServer upstream = WireServer.start();
                ProxyProcess proxy = ProxyProcess.start(
                        "http-reverse-proxy", "--mode", mode.toString(), "--to", upstream.endpoint())) {
            Future<String> received = upstream.next(connection -> {
                String soFar = WireServer.head(connection);
                soFar += part.isEmpty() ? "" : WireServer.until(connection, part.substring(part.length() - 2));
                WireServer.write(connection, SWITCHING.formatted(protocol) + "hello");
                return soFar + WireServer.rest(connection);
            });
            try (Socket client = proxy.connect()) {
                WireServer.write(client, head + "\r\n" + part);
                String answer = WireServer.until(client, "hello");
                assertTrue(answer.startsWith("HTTP/1.1 101 Switching Protocols\r\n"), answer);
                WireServer.write(client, rest + "\r\n\0not HTTP\r\n\r\n");
                client.shutdownOutput();
                assertEquals("", end(client));
            }
            String all = received.get();
            return all.substring(all.indexOf("\r\n\r\n") + 4);
        }
    }

    private static String end(Socket client) throws IOException {
        return WireServer.rest(client);
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY", "PLAIN"})
    void shouldSwitchWhileAnUploadIsUnderWay(Mode mode) throws Exception {
        String part = "u".repeat(SIZE - 2) + "x\n";
        String rest = "v".repeat(SIZE);
        String content = switchUnderWay(mode, ASKING + "Content-Length: " + 2 * SIZE + "\r\n", part, rest, "foo");
        assertEquals(part + rest + "\r\n\0not HTTP\r\n\r\n", content);
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "PLAIN"})
    void shouldSwitchWhileAnUploadInChunksIsUnderWay(Mode mode) throws Exception {
        String content = switchUnderWay(
                mode, ASKING + "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n", "3\r\ndef\r\n0\r\n\r\n", "foo");
        assertEquals("3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n\r\n\0not HTTP\r\n\r\n", content);
    }

    /** Netty's decoder would wait for the content that a draft of WebSocket had. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "PLAIN"})
    void shouldSwitchBehindARequestThatIsComplete(Mode mode) throws Exception {
        assertEquals("\r\n\0not HTTP\r\n\r\n", switchUnderWay(mode, ASKING, "", "", "foo"));
        assertEquals("\r\n\0not HTTP\r\n\r\n", switchUnderWay(mode, ASKING, "", "", "WebSocket"));
    }
}
