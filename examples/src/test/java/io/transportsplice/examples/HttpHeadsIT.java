// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static io.transportsplice.examples.HttpHeadText.assertHas;
import static io.transportsplice.examples.HttpHeadText.has;
import static io.transportsplice.examples.HttpHeadText.hasAny;
import static io.transportsplice.examples.HttpHeadText.lines;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which heads the reverse proxy refuses, and what it changes in those that it passes on: RFC 9110 and RFC 9112. */
@Timeout(120)
class HttpHeadsIT {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

    private static WireServer upstream;
    private static ProxyProcess proxy;

    @BeforeAll
    static void start() throws IOException {
        upstream = WireServer.start();
        proxy = ProxyProcess.start("http-reverse-proxy", "--to", upstream.endpoint());
    }

    @AfterAll
    static void stop() throws IOException {
        proxy.close();
        upstream.close();
    }

    /** All that the client gets, up to a clean end. */
    /** The head that the upstream gets. */
    private static String passedOn(String request) throws Exception {
        Future<String> head = upstream.answer(OK);
        String answer = proxy.talk(request);
        assertTrue(answer.startsWith("HTTP/1.1 200 OK\r\n") && answer.endsWith("\r\n\r\nok"), answer);
        return head.get();
    }

    /** The head that the client gets. */
    private static String answered(String answer) throws Exception {
        Future<String> request = upstream.answer(answer);
        String received = proxy.talk("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        request.get();
        return received;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n",
                "GET /a HTTP/1.1\r\nHost: a\r\nHost: a\r\n",
                "GET /a HTTP/1.0\r\nHost: a\r\nhost: b\r\n",
                "GET /a HTTP/1.1\r\n",
                "GET http://a/ HTTP/1.1\r\n",
                "GET /a HTTP/1.1\r\nHost: a b\r\n",
                "GET /a HTTP/1.1\r\nHost: a/b\r\n",
                "GET /a HTTP/1.1\r\nHost: user@a\r\n",
                "GET /a HTTP/1.1\r\nHost: a:8x\r\n",
                "GET /a HTTP/1.1\r\nHost: [::1\r\n",
                "GET /a HTTP/1.1\r\nHost: \u00e9\r\n",
                "GET /a\0b HTTP/1.1\r\nHost: x\r\n",
                "GET /a\u0001 HTTP/1.1\r\nHost: x\r\n",
                "GET /a\u007f HTTP/1.1\r\nHost: x\r\n",
                "GET /a#b HTTP/1.1\r\nHost: x\r\n",
                "GET /a b HTTP/1.1\r\nHost: x\r\n",
                "GET a HTTP/1.1\r\nHost: x\r\n",
                "GET * HTTP/1.1\r\nHost: x\r\n",
                "GET http:///a HTTP/1.1\r\nHost: x\r\n",
                "GET http://user@a/ HTTP/1.1\r\nHost: x\r\n",
                "GET ftp://a/ HTTP/1.1\r\nHost: x\r\n",
                "GET /a HTTP/1.1\r\nHost : x\r\n",
                "GET /a HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n",
                "GET /a HTTP/1.1\nHost: x\n",
                "GET /a HTTP/x.1\r\nHost: x\r\n",
                "GET /a\r\nHost: x\r\n",
                "G(T /a HTTP/1.1\r\nHost: x\r\n",
                "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
                "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n",
                "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n",
                "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n",
                "POST /a HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n",
            })
    void shouldRefuseWhatIsWrong(String head) throws IOException {
        String answer = proxy.talk(head + "\r\n");
        assertTrue(answer.startsWith("HTTP/1.1 400 Bad Request\r\n"), answer);
        assertHas(answer, "Connection: close");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /a HTTP/2.0\r\nHost: x\r\n\r\n",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                "GET /a HTTP/3.0\r\nHost: x\r\n\r\n",
                "GET /a HTTP/0.9\r\n\r\n",
            })
    void shouldRefuseVersionsItDoesNotSpeak(String request) throws IOException {
        String answer = proxy.talk(request);
        assertTrue(answer.startsWith("HTTP/1.1 505 HTTP Version Not Supported\r\n"), answer);
    }

    @Test
    void shouldTellWhichPartIsTooLong() throws IOException {
        String tooLong = "x".repeat(70_000);
        String line = proxy.talk("GET /" + tooLong + " HTTP/1.1\r\nHost: x\r\n\r\n");
        assertTrue(line.startsWith("HTTP/1.1 414 Request-URI Too Long\r\n"), line);
        String field = proxy.talk("GET / HTTP/1.1\r\nHost: x\r\nA: " + tooLong + "\r\n\r\n");
        assertTrue(field.startsWith("HTTP/1.1 431 Request Header Fields Too Large\r\n"), field);
        String fields = proxy.talk("GET / HTTP/1.1\r\nHost: x\r\n" + "A: 1234567890\r\n".repeat(7_000) + "\r\n");
        assertTrue(fields.startsWith("HTTP/1.1 431 Request Header Fields Too Large\r\n"), fields);
    }

    @Test
    void shouldAnswerHeadWithoutABody() throws IOException {
        String answer = proxy.talk("HEAD / HTTP/1.1\r\n\r\n");
        assertTrue(answer.startsWith("HTTP/1.1 400 Bad Request\r\n") && answer.endsWith("\r\n\r\n"), answer);
    }

    @Test
    void shouldKeepItsOwnFieldsWhateverConnectionNames() throws Exception {
        String head = passedOn(lines(
                "GET /a HTTP/1.1",
                "Host: x",
                "Connection: close, X-Forwarded-For, Via",
                "Connection: Host, Content-Length",
                "Content-Length: 0",
                "X-Forwarded-For: 6.6.6.6",
                "Via: 1.0 spoof"));
        assertHas(head, "X-Forwarded-For: 127.0.0.1", "Via: 1.1 transport-splice", "Connection: close");
        assertHas(head, "Host: x", "Content-Length: 0");
        assertFalse(head.contains("6.6.6.6") || head.contains("spoof"), head);
    }

    @Test
    void shouldPassOnNothingThatIsOfTheClientsConnection() throws Exception {
        String head = passedOn(lines(
                "GET /a HTTP/1.1",
                "Host: x",
                "Connection: keep-alive, x-mine ,, HTTP2-Settings",
                "Keep-Alive: timeout=5",
                "Proxy-Connection: keep-alive",
                "Proxy-Authorization: Basic eA==",
                "TE: gzip",
                "X-Mine: 1",
                "x-mine: 2",
                "HTTP2-Settings: AAMAAABk",
                "Upgrade: h2c",
                "Via: 1.0 other",
                "X-Theirs: 3"));
        for (String name : new String[] {
            "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "TE", "X-Mine", "HTTP2-Settings", "Upgrade"
        }) {
            assertFalse(hasAny(head, name), head);
        }
        assertHas(head, "Connection: keep-alive", "X-Theirs: 3");
        assertTrue(head.indexOf("1.0 other") < head.indexOf("1.1 transport-splice"), head);
    }

    @Test
    void shouldCleanTrailersToo() throws Exception {
        Future<String> request = upstream.next(connection -> {
            String all = WireServer.until(connection, "0\r\n") + WireServer.head(connection);
            WireServer.write(connection, OK);
            return all;
        });
        proxy.talk(lines(
                        "POST /a HTTP/1.1",
                        "Host: x",
                        "TE: trailers",
                        "Connection: X-Mine, TE",
                        "Transfer-Encoding: chunked")
                + lines(
                        "3",
                        "abc",
                        "0",
                        "X-Mine: 1",
                        "X-Theirs: 2",
                        "Connection: x",
                        "Host: spoof",
                        "Forwarded: for=6.6.6.6",
                        "X-Forwarded-For: 6.6.6.6"));
        String all = request.get();
        assertFalse(all.contains("6.6.6.6") || all.contains("spoof"), all);
        assertHas(all, "X-Theirs: 2", "TE: trailers");
        assertFalse(hasAny(all, "X-Mine") || has(all, "Connection: x"), all);
    }

    /** Nobody sees what is asked in it: RFC 9113 has no upgrade to it any more. */
    @Test
    void shouldNotUpgradeToHttp2() throws Exception {
        String head = passedOn(
                lines("GET /a HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"));
        assertFalse(hasAny(head, "Upgrade") || hasAny(head, "HTTP2-Settings"), head);
    }

    @Test
    void shouldCountTheHopsOfWhatIsLimited() throws Exception {
        String head = passedOn(lines("OPTIONS /a HTTP/1.1", "Host: x", "Max-Forwards: 3"));
        assertHas(head, "Max-Forwards: 2");
        assertHas(passedOn(lines("GET /a HTTP/1.1", "Host: x", "Max-Forwards: 0")), "Max-Forwards: 0");
        for (String method : new String[] {"OPTIONS", "TRACE"}) {
            String answer = proxy.talk(lines(method + " /a HTTP/1.1", "Host: x", "Max-Forwards: 0"));
            assertTrue(answer.startsWith("HTTP/1.1 501 Not Implemented\r\n"), answer);
        }
    }

    /** Who says that it asks no more gets an answer and an end, whatever the upstream makes of its connection. */
    @ParameterizedTest
    @ValueSource(strings = {"GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET /a HTTP/1.0\r\n\r\n"})
    void shouldTakeAClientAtItsWordThatItAsksNoMore(String last) throws Exception {
        Future<String> more = upstream.next(connection -> {
            WireServer.head(connection);
            WireServer.write(connection, OK);
            return WireServer.rest(connection);
        });
        String received = proxy.talk(last + "GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
        assertTrue(received.startsWith("HTTP/1.1 200 OK\r\n") && received.endsWith("\r\n\r\nok"), received);
        assertHas(received, "Connection: close");
        assertEquals("", more.get());
    }

    @Test
    void shouldPassOnNothingThatIsOfTheUpstreamsConnection() throws Exception {
        String answer = answered(lines(
                        "HTTP/1.1 200 OK",
                        "Content-Length: 2",
                        "Connection: close, X-Mine",
                        "X-Mine: 1",
                        "Keep-Alive: timeout=5",
                        "Upgrade: h2c",
                        "Via: 1.1 other")
                + "ok");
        assertFalse(hasAny(answer, "X-Mine") || hasAny(answer, "Keep-Alive") || hasAny(answer, "Upgrade"), answer);
        assertHas(answer, "Connection: close", "Via: 1.1 transport-splice");
    }

    @Test
    void shouldSpeakItsOwnVersionAndTellTheClients() throws Exception {
        String newer = passedOn(lines("GET /a HTTP/1.7", "Host: x"));
        assertTrue(newer.startsWith("GET /a HTTP/1.1\r\n"), newer);
        assertHas(newer, "Via: 1.7 transport-splice");
        String older = passedOn("GET /a HTTP/1.0\r\n\r\n");
        assertTrue(older.startsWith("GET /a HTTP/1.0\r\n"), older);
        assertHas(older, "Via: 1.0 transport-splice");
        String answer = answered(lines("HTTP/1.5 200 OK", "Content-Length: 0", "Connection: close"));
        assertTrue(answer.startsWith("HTTP/1.1 200 OK\r\n"), answer);
    }

    @Test
    void shouldAskTheUpstreamForThePathOfATargetWithAHost() throws Exception {
        String head = passedOn("GET http://a.example:81/b?c=http://d/ HTTP/1.1\r\nHost: other\r\n\r\n");
        assertTrue(head.startsWith("GET /b?c=http://d/ HTTP/1.1\r\n"), head);
        assertTrue(has(head, "Host: a.example:81") && !head.contains("other"), head);
        assertTrue(passedOn("GET HTTP://a?b HTTP/1.1\r\nHost: a\r\n\r\n").startsWith("GET /?b HTTP/1.1\r\n"));
        assertTrue(passedOn("OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n").startsWith("OPTIONS * HTTP/1.1\r\n"));
        assertEquals(0, proxy.metric("proxy_refused_total{reason=\"no_upstream\"}"));
    }

    /** Every byte that may be in a target, those that should be encoded included. */
    @Test
    void shouldNotChangeTheBytesOfATarget() throws Exception {
        StringBuilder target = new StringBuilder("/\u00c3\u00a9.txt?u=http://x?");
        for (char each = 0x21; each <= 0xff; each++) {
            target.append(each == '#' || each == 0x7f ? "" : String.valueOf(each));
        }
        String head = passedOn("GET " + target + " HTTP/1.1\r\nHost: x\r\nA: \u00c3\u00a9\u00ff\r\n\r\n");
        assertTrue(head.startsWith("GET " + target + " HTTP/1.1\r\n"), head);
        assertHas(head, "A: \u00c3\u00a9\u00ff");
        String answer =
                answered(lines("HTTP/1.1 200 \u00c3\u00a9", "A: \u00ff", "Content-Length: 0", "Connection: close"));
        assertTrue(answer.startsWith("HTTP/1.1 200 \u00c3\u00a9\r\n"), answer);
        assertHas(answer, "A: \u00ff");
    }
}
