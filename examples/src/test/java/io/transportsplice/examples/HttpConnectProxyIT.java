// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.examples.Programs.Ended;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The proxy between curl, or a client of bare bytes, and nginx. */
class HttpConnectProxyIT extends TunnelContract {

    HttpConnectProxyIT() {
        super("http-connect-proxy");
    }

    @Override
    String[] through(String proxy) {
        return new String[] {"-p", "-x", proxy};
    }

    @Test
    void shouldNotLoseWhatComesBehindTheRequest() throws IOException {
        String answer = shared().talk("CONNECT localhost:" + serverPort() + " HTTP/1.1\r\nHost: x\r\n\r\n"
                + "GET /name HTTP/1.0\r\n\r\n");
        assertTrue(answer.startsWith("HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK\r\n"), answer);
        assertTrue(answer.endsWith("\r\n\r\nit"), answer);
    }

    @ParameterizedTest
    @CsvSource({
        "GET http://127.0.0.1/ HTTP/1.1, 405 Method Not Allowed",
        "CONNECT 127.0.0.1 HTTP/1.1, 400 Bad Request",
        "CONNECT 127.0.0.1:http HTTP/1.1, 400 Bad Request",
        "CONNECT ::1:80 HTTP/1.1, 400 Bad Request",
        "CONNECT 127.0.0.1:1 HTTP/1.1, 502 Bad Gateway",
        "CONNECT xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx:80 HTTP/1.1, 502 Bad Gateway",
        "CONNECT, 400 Bad Request",
        "CONNECT 127.0.0.1:0 HTTP/1.1, 400 Bad Request",
        "CONNECT :80 HTTP/1.1, 400 Bad Request",
        "CONNECT 127.0.0.1: HTTP/1.1, 400 Bad Request",
        "CONNECT http://127.0.0.1:80 HTTP/1.1, 400 Bad Request",
        "CONNECT user@127.0.0.1:80 HTTP/1.1, 400 Bad Request",
        "CONNECT 127.0.0.1:80 HTTP/2.0, 505 HTTP Version Not Supported",
    })
    void shouldSayWhatIsWrong(String requestLine, String status) throws IOException {
        String answer = shared().talk(requestLine + "\r\nHost: x\r\n\r\n");
        assertTrue(answer.startsWith("HTTP/1.1 " + status + "\r\n"), answer);
        assertTrue(answer.contains("\r\nconnection: close\r\n"), answer);
        assertEquals(status.startsWith("405"), answer.contains("\r\nallow: CONNECT\r\n"), answer);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Host: x\r\nContent-Length: 3\r\n\r\nabc",
                "Host: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "Host: x\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
                "Host: x\r\nHost: y\r\n\r\n",
                "\r\n",
            })
    void shouldNotTunnelForARequestThatIsWrong(String rest) throws IOException {
        String answer = shared().talk("CONNECT 127.0.0.1:" + serverPort() + " HTTP/1.1\r\n" + rest);
        assertTrue(answer.startsWith("HTTP/1.1 400 Bad Request\r\n"), answer);
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP/1.1\r\nHost: x\r\nContent-Length: 0", "HTTP/1.0\r\nContent-Length: 00", "HTTP/1.0"})
    void shouldTunnelForARequestThatSaysItHasNoContent(String rest) throws IOException {
        String answer =
                shared().talk("CONNECT 127.0.0.1:" + serverPort() + " " + rest + "\r\n\r\nGET /name HTTP/1.0\r\n\r\n");
        assertTrue(answer.startsWith("HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK\r\n"), answer);
    }

    @Test
    void shouldTellWhichPartIsTooLong() throws IOException {
        String line = shared().talk("CONNECT " + "x".repeat(10_000) + ":80 HTTP/1.1\r\nHost: x\r\n\r\n");
        assertTrue(line.startsWith("HTTP/1.1 414 Request-URI Too Long\r\n"), line);
        String field = shared().talk("CONNECT x:80 HTTP/1.1\r\nHost: x\r\nA: " + "x".repeat(10_000) + "\r\n\r\n");
        assertTrue(field.startsWith("HTTP/1.1 431 Request Header Fields Too Large\r\n"), field);
    }

    @Test
    void shouldTellCurlThatTheUpstreamRefuses() throws IOException {
        Ended ended = Programs.curl("-p", "-x", shared().endpoint(), "http://127.0.0.1:" + Programs.freePort());
        assertTrue(ended.exitCode() != 0 && ended.out().contains("502"), ended::toString);
    }

    @Test
    void shouldResetWhoDoesNotEndItsRequest() throws IOException {
        try (Socket client = shared().connect()) {
            client.getOutputStream().write("CONNECT 127.0.0.1:80".getBytes(StandardCharsets.US_ASCII));
            assertThrows(SocketException.class, () -> client.getInputStream().read());
        }
    }

    @Test
    void shouldTellWhoEndsWithinItsRequestFromWhoTalksNonsense() throws IOException {
        String incomplete = "proxy_refused_total{reason=\"incomplete\"}";
        long before = shared().metric(incomplete);
        for (String half : List.of("CONNECT 127.0.0", "CONNECT 127.0.0.1:80 HTTP/1.1\r\nHo")) {
            try (Socket client = shared().connect()) {
                WireServer.write(client, half);
            }
        }
        shared().awaitMetric(incomplete, value -> value == before + 2);
    }
}
