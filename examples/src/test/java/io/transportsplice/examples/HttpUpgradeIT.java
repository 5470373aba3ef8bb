// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** How the reverse proxy goes over to another protocol: RFC 9110, section 7.8. */
@ParameterizedClass
@EnumSource(names = {"AUTO", "SPLICE", "COPY", "PLAIN"})
@Timeout(120)
record HttpUpgradeIT(Mode mode) {
    private static final int SIZE = 300_000;
    private static final String ASKING = "POST /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: foo\r\n";
    private static final String SWITCHING =
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n";

    private static WireServer upstream;
    private static ProxyProcess proxy;

    @BeforeParameterizedClassInvocation
    static void start(Mode mode) throws IOException {
        upstream = WireServer.start();
        proxy = ProxyProcess.start("http-reverse-proxy", "--mode", mode.toString(), "--to", upstream.endpoint());
    }

    @AfterParameterizedClassInvocation
    static void stop() throws IOException {
        proxy.close();
        upstream.close();
    }

    /** The upstream switches when it has got a part of the request; the client does when it has sent the rest of it. */
    private static String switchUnderWay(String head, String part, String rest, String protocol) throws Exception {
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
            assertEquals("", WireServer.rest(client));
        }
        String all = received.get();
        return all.substring(all.indexOf("\r\n\r\n") + 4);
    }

    @Test
    void shouldSwitchWhileAnUploadIsUnderWay() throws Exception {
        String part = "u".repeat(SIZE - 2) + "x\n";
        String rest = "v".repeat(SIZE);
        String content = switchUnderWay(ASKING + "Content-Length: " + 2 * SIZE + "\r\n", part, rest, "foo");
        assertEquals(part + rest + "\r\n\0not HTTP\r\n\r\n", content);
    }

    @Test
    void shouldSwitchWhileAnUploadInChunksIsUnderWay() throws Exception {
        String content = switchUnderWay(
                ASKING + "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n", "3\r\ndef\r\n0\r\n\r\n", "foo");
        assertEquals("3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n\r\n\0not HTTP\r\n\r\n", content);
    }

    /** Netty's decoder would wait for the content that a draft of WebSocket had. */
    @Test
    void shouldSwitchBehindARequestThatIsComplete() throws Exception {
        assertEquals("\r\n\0not HTTP\r\n\r\n", switchUnderWay(ASKING, "", "", "foo"));
        assertEquals("\r\n\0not HTTP\r\n\r\n", switchUnderWay(ASKING, "", "", "WebSocket"));
    }
}
