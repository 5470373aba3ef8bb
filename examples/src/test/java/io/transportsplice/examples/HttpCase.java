// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static io.transportsplice.examples.HttpCase.Kind.ANSWER;
import static io.transportsplice.examples.HttpCase.Kind.REQUEST;

import java.util.List;

/**
 * A message that is easily misunderstood, and what must come of it.
 *
 * @param fields those that are worth a look where it is passed on, with commas between them
 * @param expected what the client gets, and what the upstream does
 */
record HttpCase(String name, Kind kind, String message, String fields, String expected) {
    enum Kind {
        REQUEST,
        ANSWER
    }

    private static final String LONG = "x".repeat(70_000);

    static List<HttpCase> all() {
        return List.of(
                request("no Host", "GET / HTTP/1.1\r\n\r\n", "", "400"),
                request("two Host fields", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "host", "400"),
                request("a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "host", "400"),
                get("a target with another host", "GET http://a/b HTTP/1.1", "", "host", "200, GET /b, host: a"),
                get("a target with a fragment", "GET /a#b HTTP/1.1", "", "", "400"),
                get("a target with a NUL", "GET /a\0b HTTP/1.1", "", "", "400"),
                get("a target with a byte beyond ASCII", "GET /\u00e9 HTTP/1.1", "", "", "200, GET /\u00e9"),
                get("a target of 70,000 bytes", "GET /" + LONG + " HTTP/1.1", "", "", "414"),
                get("a field of 70,000 bytes", "GET / HTTP/1.1", "A: " + LONG, "", "431"),
                get("two blanks in the request line", "GET  / HTTP/1.1", "", "", "200, GET /"),
                get("HTTP/2.0", "GET / HTTP/2.0", "", "", "505"),
                get("HTTP/1.2", "GET / HTTP/1.2", "", "via", "200, GET /, via: 1.2 transport-splice"),
                request("no version", "GET /\r\n\r\n", "", "400"),
                get("an empty line first", "\r\nGET / HTTP/1.1", "", "", "200, GET /"),
                request("lines that end in LF", "GET / HTTP/1.1\nHost: x\n\n", "", "400"),
                get("a blank before a colon", "GET / HTTP/1.1", "A : b", "a", "400"),
                get("a field without a colon", "GET / HTTP/1.1", "A", "", "400"),
                get("a folded field", "GET / HTTP/1.1", "A: b\r\n c", "a", "200, GET /, a: b c"),
                get("a NUL in a field", "GET / HTTP/1.1", "A: b\0c", "a", "400"),
                post("two lengths", "Content-Length: 3\r\nContent-Length: 4", "abcd", "content-length", "400"),
                post("a length twice", "Content-Length: 3\r\nContent-Length: 3", "abc", "content-length", "400"),
                post("a length of +3", "Content-Length: +3", "abc", "content-length", "400"),
                post("a length of 3, 3", "Content-Length: 3, 3", "abc", "content-length", "400"),
                post(
                        "chunks and a length",
                        "Content-Length: 8\r\nTransfer-Encoding: chunked",
                        "3\r\nabc\r\n0\r\n\r\n",
                        "content-length,transfer-encoding",
                        "400"),
                post("an unknown coding", "Transfer-Encoding: x", "abc", "transfer-encoding", "400"),
                post(
                        "a coding before chunked",
                        "Transfer-Encoding: gzip, chunked",
                        "0\r\n\r\n",
                        "transfer-encoding",
                        "501"),
                post("chunked twice", "Transfer-Encoding: chunked, chunked", "0\r\n\r\n", "transfer-encoding", "400"),
                post(
                        "a coding behind chunked",
                        "Transfer-Encoding: chunked, x",
                        "0\r\n\r\n",
                        "transfer-encoding",
                        "400"),
                request(
                        "chunks in HTTP/1.0",
                        "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                        "transfer-encoding",
                        "400"),
                chunked("a chunk with an extension", "3;a=b\r\nabc\r\n0\r\n\r\n", "200, POST /"),
                chunked("a chunk of 0x3", "0x3\r\nabc\r\n0\r\n\r\n", "400"),
                chunked("a chunk of -1", "-1\r\nabc\r\n0\r\n\r\n", "400"),
                chunked("a chunk of 2^64+3", "10000000000000003\r\nabc\r\n0\r\n\r\n", "400"),
                chunked("a chunk that is longer than it says", "3\r\nabcd\r\n0\r\n\r\n", "400"),
                chunked("a chunk that ends in LF", "3\nabc\r\n0\r\n\r\n", "400"),
                get("CONNECT", "CONNECT x:80 HTTP/1.1", "", "", "405"),
                get("a field that Connection names", "GET / HTTP/1.1", "Connection: A\r\nA: b", "a", "200, GET /"),
                get(
                        "fields of a connection",
                        "GET / HTTP/1.1",
                        "Keep-Alive: 5\r\nProxy-Connection: close\r\nTE: x",
                        "keep-alive,proxy-connection,te",
                        "200, GET /"),
                get(
                        "an Upgrade that Connection does not name",
                        "GET / HTTP/1.1",
                        "Upgrade: h2c",
                        "upgrade",
                        "200, GET /"),
                get("Connection that names Host", "GET / HTTP/1.1", "Connection: Host", "host", "200, GET /, host: x"),
                get(
                        "a forged client",
                        "GET / HTTP/1.1",
                        "X-Forwarded-For: 6.6.6.6",
                        "x-forwarded-for",
                        "200, GET /, x-forwarded-for: 127.0.0.1"),
                get(
                        "a forged client, by RFC 7239",
                        "GET / HTTP/1.1",
                        "Forwarded: for=6.6.6.6",
                        "forwarded",
                        "200, GET /, forwarded: for=127.0.0.1;host=\"x\";proto=http"),
                get(
                        "Via",
                        "GET / HTTP/1.1",
                        "Via: 1.0 other",
                        "via",
                        "200, GET /, via: 1.0 other, via: 1.1 transport-splice"),
                answer("no answer", "", "502"),
                answer("an answer that is reset", "<reset>", "502"),
                answer("half a head", "HTTP/1.1 200 OK\r\nContent-Le", "502"),
                answer("nonsense", "nonsense\r\n\r\n", "502"),
                answer("a status of two digits", "HTTP/1.1 20 OK\r\n\r\n", "502"),
                answer("an answer with two lengths", head("Content-Length: 1\r\nContent-Length: 2") + "ab", "502"),
                answer(
                        "an answer with chunks and a length",
                        head("Content-Length: 2\r\nTransfer-Encoding: chunked") + "0\r\n\r\n",
                        "502"),
                answer("an answer that is shorter than it says", head("Content-Length: 5") + "abc", "200, cut"),
                answer("an answer that is reset within", head("Content-Length: 5") + "abc<reset>", "200, cut"),
                answer(
                        "an answer that ends between chunks",
                        head("Transfer-Encoding: chunked") + "3\r\nabc\r\n",
                        "200, cut"),
                answer("an answer with a bad chunk", head("Transfer-Encoding: chunked") + "x\r\nabc\r\n", "200, cut"),
                answer("an answer without a length", head("A: b") + "abc", "200"),
                answer("101 that nobody has asked for", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "502"));
    }

    private static HttpCase request(String name, String request, String fields, String expected) {
        return new HttpCase(name, REQUEST, request, fields, expected);
    }

    private static HttpCase get(String name, String line, String more, String fields, String expected) {
        String end = more.isEmpty() ? "\r\n\r\n" : "\r\n" + more + "\r\n\r\n";
        return request(name, line + "\r\nHost: x" + end, fields, expected);
    }

    private static HttpCase post(String name, String framing, String body, String fields, String expected) {
        return request(name, "POST / HTTP/1.1\r\nHost: x\r\n" + framing + "\r\n\r\n" + body, fields, expected);
    }

    private static HttpCase chunked(String name, String body, String expected) {
        return post(name, "Transfer-Encoding: chunked", body, "", expected);
    }

    private static HttpCase answer(String name, String answer, String expected) {
        return new HttpCase(name, ANSWER, answer, "", expected);
    }

    private static String head(String fields) {
        return "HTTP/1.1 200 OK\r\n" + fields + "\r\n\r\n";
    }
}
