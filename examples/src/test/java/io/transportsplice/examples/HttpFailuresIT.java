// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client of the reverse proxy is told when its upstream, or the client itself, does not keep to HTTP. */
@Timeout(120)
class HttpFailuresIT {
    private static final String GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private static final String BAD_GATEWAY = "HTTP/1.1 502 Bad Gateway\r\n";
    private static final String BAD_REQUEST = "HTTP/1.1 400 Bad Request\r\n";
    private static final String CHUNKED = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

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

    private static void reset(Socket connection) throws IOException {
        connection.setSoLinger(true, 0);
        connection.close();
    }

    private static int count(String text, String part) {
        return text.split(part, -1).length - 1;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "HTTP/1.1 2",
                "HTTP/1.1 200 OK\r\n",
                "HTTP/1.1 200 OK\r\nContent-Le",
                "HTTP/1.1 100 Continue\r\n\r\n",
                "nonsense\r\n\r\n",
                "HTTP/2.0 200 OK\r\n\r\n",
                "HTTP/1.1 20 OK\r\n\r\n",
                "HTTP/1.1 2000 OK\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: gzip\r\n\r\nab",
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
            })
    void shouldSayThatTheUpstreamHasNotAnswered(String answer) throws Exception {
        Future<String> asked = upstream.answer(answer);
        String received = proxy.talk(GET);
        String last = received.replace("HTTP/1.1 100 Continue\r\nvia: 1.1 transport-splice\r\n\r\n", "");
        assertTrue(last.startsWith(BAD_GATEWAY), received);
        assertTrue(received.contains("\r\nconnection: close\r\n"), received);
        asked.get();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "HTTP/1.1 200 OK\r\nContent-Le"})
    void shouldSayTheSameOfAReset(String answer) throws Exception {
        Future<String> asked = upstream.next(connection -> {
            WireServer.head(connection);
            WireServer.write(connection, answer);
            reset(connection);
            return "";
        });
        String received = proxy.talk(GET);
        assertTrue(received.startsWith(BAD_GATEWAY), received);
        asked.get();
    }

    @Test
    void shouldSayTheSameOfOneThatDoesNotEvenListen() throws Exception {
        Future<String> asked = upstream.next(connection -> "");
        String received =
                proxy.talk("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n" + "u".repeat(300_000));
        assertTrue(received.startsWith(BAD_GATEWAY), received);
        asked.get();
    }

    @Test
    void shouldSayTheSameOfAHeadThatIsTooLong() throws Exception {
        for (String tooLong : new String[] {
            "HTTP/1.1 200 " + "x".repeat(70_000), "HTTP/1.1 200 OK\r\nA: " + "x".repeat(70_000),
        }) {
            Future<String> asked = upstream.next(connection -> {
                WireServer.head(connection);
                WireServer.write(connection, tooLong + "\r\n\r\n");
                return WireServer.rest(connection);
            });
            String received = proxy.talk(GET);
            assertTrue(received.startsWith(BAD_GATEWAY), received);
            assertThrows(Exception.class, asked::get, "the upstream is reset");
        }
    }

    @Test
    void shouldSayItToHeadWithoutABody() throws Exception {
        Future<String> asked = upstream.answer("");
        String received = proxy.talk("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
        assertTrue(received.startsWith(BAD_GATEWAY) && received.endsWith("\r\n\r\n"), received);
        asked.get();
    }

    @Test
    void shouldSayItInTurn() throws Exception {
        Future<String> asked = upstream.answer(OK);
        String received = proxy.talk(GET + GET + GET);
        assertTrue(received.startsWith("HTTP/1.1 200 OK\r\n"), received);
        assertEquals(1, count(received, BAD_GATEWAY), received);
        asked.get();
    }

    /** Behind the last answer, whose end may be that of the connection, nothing may be said. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\n\r\nok",
                "HTTP/1.0 200 OK\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
            })
    void shouldSayNothingBehindTheLastAnswer(String answer) throws Exception {
        for (String second : new String[] {GET, "nonsense\r\n\r\n"}) {
            Future<String> asked = upstream.answer(answer);
            String received = proxy.talk(GET + second);
            assertTrue(received.contains("\r\nconnection: close\r\n") && received.endsWith("\r\n\r\nok"), received);
            asked.get();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nabc",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nnonsense\r\n",
            })
    void shouldResetInAnAnswer(String answer) throws Exception {
        Future<String> asked = upstream.answer(answer);
        try (Socket client = proxy.connect()) {
            WireServer.write(client, GET);
            assertTrue(WireServer.until(client, "abc").endsWith("abc"));
            assertThrows(SocketException.class, () -> WireServer.rest(client));
        }
        asked.get();
    }

    @Test
    void shouldNotPassOnWhatNobodyHasAskedFor() throws Exception {
        Future<String> asked = upstream.answer(OK + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
        String received = proxy.talk(GET);
        assertTrue(received.endsWith("\r\n\r\nok"), received);
        asked.get();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x\r\nabc\r\n",
                "-1\r\nabc\r\n",
                "3\r\nabcd\r\n",
                "3 3\r\nabc\r\n",
                "ffffffffff\r\n",
                "\r\n",
                "3\nabc\r\n"
            })
    void shouldRefuseABadChunk(String chunk) throws Exception {
        Future<String> asked = upstream.next(connection -> WireServer.head(connection) + WireServer.rest(connection));
        String received = proxy.talk(CHUNKED + "3\r\nabc\r\n" + chunk + "0\r\n\r\n");
        assertTrue(received.startsWith(BAD_REQUEST), received);
        assertThrows(Exception.class, asked::get, "the upstream is reset");
    }

    @Test
    void shouldRefuseInTurn() throws Exception {
        Future<String> asked = upstream.next(connection -> {
            WireServer.head(connection);
            WireServer.until(connection, "abc\r\n"); // it is not too early for the second to have gone wrong
            WireServer.write(connection, OK);
            return WireServer.rest(connection);
        });
        String received = proxy.talk(GET + CHUNKED + "3\r\nabc\r\nx\r\n");
        assertTrue(received.startsWith("HTTP/1.1 200 OK\r\n"), received);
        assertTrue(received.substring(received.indexOf("\r\n\r\nok") + 6).startsWith(BAD_REQUEST), received);
        assertThrows(Exception.class, asked::get, "the upstream is reset");

        asked = upstream.answer(OK);
        received = proxy.talk(GET + "nonsense\r\n\r\n" + GET);
        assertEquals(1, count(received, "HTTP/1.1 200 OK\r\n"), received);
        assertEquals(1, count(received, BAD_REQUEST), received);
        asked.get();
    }

    @Test
    void shouldNotRefuseWhatIsAnsweredAlready() throws Exception {
        Future<String> asked = upstream.next(connection -> {
            WireServer.head(connection);
            WireServer.write(connection, OK);
            return WireServer.rest(connection);
        });
        try (Socket client = proxy.connect()) {
            WireServer.write(client, CHUNKED);
            assertTrue(WireServer.until(client, "\r\n\r\nok").startsWith("HTTP/1.1 200 OK\r\n"));
            WireServer.write(client, "x\r\n");
            assertEquals("", WireServer.rest(client));
        }
        assertThrows(Exception.class, asked::get, "the upstream is reset");
    }

    /** A reset could cost the client the answer that it has not read yet. */
    @ParameterizedTest
    @CsvSource({"9000000, 1", "300000, 300000"})
    void shouldNotResetAClientWhoseUploadIsNotWanted(int length, int sent) throws Exception {
        CountDownLatch answered = new CountDownLatch(1);
        Future<String> asked = upstream.next(connection -> {
            WireServer.head(connection);
            WireServer.write(
                    connection, "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 4\r\n\r\nmuch");
            await(answered);
            reset(connection);
            return "";
        });
        try (ProxyProcess own = ProxyProcess.start("http-reverse-proxy", "--to", upstream.endpoint());
                Socket client = own.connect()) {
            WireServer.write(
                    client, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + "\r\n\r\n" + "u".repeat(sent));
            assertTrue(WireServer.head(client).startsWith("HTTP/1.1 413 "));
            answered.countDown();
            asked.get();
            own.awaitMetric("proxy_clients", clients -> clients == 0);
            assertEquals("much", WireServer.rest(client));
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Were each byte a sign of life, a client could hold its connection for ever. */
    @Test
    void shouldNotWaitForAHeadThatComesInDrops() throws Exception {
        try (ProxyProcess impatient = ProxyProcess.start(
                        "http-reverse-proxy", "--to", upstream.endpoint(), "--handshake-timeout", "500ms");
                Socket client = impatient.connect()) {
            client.setTcpNoDelay(true);
            WireServer.write(client, "GET / HTTP/1.1\r\nHost: x\r\nX: ");
            while (client.getInputStream().available() == 0) {
                WireServer.write(client, "x");
                Thread.sleep(20);
            }
            String answer = WireServer.rest(client);
            assertTrue(answer.startsWith("HTTP/1.1 408 Request Timeout\r\n"), answer);
        }
    }

    @Test
    void shouldNotConnectForAClientThatAsksNothing() throws IOException {
        long before = proxy.metric("proxy_connects_total");
        try (Socket client = proxy.connect()) {
            client.shutdownOutput();
            assertEquals("", WireServer.rest(client));
        }
        assertFalse(proxy.metric("proxy_connects_total") > before);
    }
}
