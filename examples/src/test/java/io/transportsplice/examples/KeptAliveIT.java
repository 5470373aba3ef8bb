// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The second request of a connection. */
class KeptAliveIT {
    private static final String GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

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

    /** A body that does not exist would be ended, and its end be taken for the next answer. */
    @Test
    void shouldSendNothingBehindTheHeadOfAnAnswerToHead() throws Exception {
        Future<String> asked = upstream.next(connection -> {
            WireServer.head(connection);
            WireServer.write(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n");
            WireServer.head(connection);
            WireServer.write(connection, OK);
            return "";
        });
        String answers =
                proxy.talk("HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        asked.get();
        int second = answers.indexOf("\r\n\r\n") + 4;
        assertTrue(answers.startsWith("HTTP/1.1 200 OK\r\n", second), answers);
        assertTrue(answers.endsWith("\r\n\r\nok"), answers);
    }

    @Test
    void shouldCountWhatIsRefusedLater() throws Exception {
        Future<String> asked = upstream.answer(OK);
        String answers = proxy.talk(GET + "GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n");
        asked.get();
        assertTrue(answers.contains("HTTP/1.1 400 "), answers);
        assertEquals(1, proxy.metric("proxy_refused_total{reason=\"protocol\"}"));
    }
}
