// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.transportsplice.relay.RelayHandler;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is late is what a client does not send, not what the proxy does not read. */
class HttpHeadTimeoutTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(1);
    private static final String FIRST = "GET /first HTTP/1.1\r\nHost: x\r\n\r\n";
    private static final String ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private final FuzzedChannel client = new FuzzedChannel();
    private final FuzzedChannel upstream = new FuzzedChannel();
    private HttpExchanges exchanges;

    @BeforeEach
    void start() {
        client.freezeTime();
        Session.begin(client, new Traffic(), false, ended -> {});
        exchanges = new HttpExchanges(
                client,
                new ProxyCounters(new SimpleMeterRegistry()),
                new HttpForwarding(List.of()),
                TIMEOUT,
                connecting -> {});
        client.pipeline().fireChannelActive();
    }

    @AfterEach
    void end() {
        upstream.end();
        client.end();
        upstream.checkClean();
        client.checkClean();
    }

    private static void say(FuzzedChannel channel, String text) {
        channel.feed(text.getBytes(StandardCharsets.US_ASCII));
    }

    private void passTime() {
        client.advanceTimeBy(2 * TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        client.runPendingTasks();
        upstream.runPendingTasks();
    }

    private void connect() {
        assertTrue(exchanges.connected(upstream));
        RelayHandler.join(client, upstream);
        client.runPendingTasks();
        upstream.runPendingTasks();
    }

    private boolean isRefused() {
        return client.written().contains("408");
    }

    @Test
    void shouldRefuseAHeadThatDoesNotCome() {
        say(client, "GET /fir");
        passTime();
        assertTrue(isRefused(), client::written);
    }

    @Test
    void shouldRefuseAHeadThatComesInDrops() {
        for (int i = 0; i < 4 && client.isOpen(); i++) {
            say(client, "G");
            client.advanceTimeBy(TIMEOUT.toMillis() / 2, TimeUnit.MILLISECONDS);
            client.runPendingTasks();
        }
        assertTrue(isRefused(), client::written);
    }

    /** Its first half comes with the request before, whose upstream is slow to connect; the second is not read until then. */
    @Test
    void shouldNotRefuseAHeadThatWaitsUnread() {
        say(client, FIRST + "GET /sec");
        passTime();
        connect();
        say(client, "ond HTTP/1.1\r\nHost: x\r\n\r\n");
        say(upstream, ANSWER);
        passTime();
        assertTrue(upstream.written().contains("/second"), upstream::written);
        assertFalse(isRefused(), client::written);
    }

    /** The end of one comes with the start of the next. */
    @Test
    void shouldGiveEachHeadItsOwnTime() {
        say(client, FIRST);
        connect();
        say(client, "GET /sec");
        passMostOfTheTime();
        say(client, "ond HTTP/1.1\r\nHost: x\r\n\r\nGET /thi");
        passMostOfTheTime();
        say(upstream, ANSWER + ANSWER);
        assertFalse(isRefused(), client::written);
        passMostOfTheTime();
        assertTrue(isRefused(), client::written);
    }

    private void passMostOfTheTime() {
        client.advanceTimeBy(TIMEOUT.toMillis() * 3 / 4, TimeUnit.MILLISECONDS);
        client.runPendingTasks();
    }

    /** In the very turn in which it is read again. */
    @Test
    void shouldNotCountTheTimeInWhichItIsNotRead() {
        say(client, FIRST + "GET /sec");
        client.advanceTimeBy(2 * TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        connect();
        say(client, "ond HTTP/1.1\r\nHost: x\r\n\r\n");
        say(upstream, ANSWER);
        assertTrue(upstream.written().contains("/second"), upstream::written);
        assertFalse(isRefused(), client::written);
    }

    /** What comes behind it is no head. */
    @Test
    void shouldSayThatAHeadIsWrongThoughMoreIsLate() {
        say(client, FIRST);
        connect();
        say(client, "GET /sec ond\r\n\r\n");
        say(client, "GET");
        passTime();
        say(upstream, ANSWER);
        assertTrue(client.written().contains("400"), client::written);
    }

    /** Whose method nobody knows yet: the last request's is not it. */
    @Test
    void shouldSayWhyBehindARequestWhoseAnswerHasNoBody() {
        say(client, "HEAD /first HTTP/1.1\r\nHost: x\r\n\r\n");
        connect();
        say(upstream, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
        say(client, "GET /sec");
        passTime();
        assertTrue(isRefused(), client::written);
        assertTrue(client.written().contains(">\nRequest Timeout\n"), client::written);
    }

    @Test
    void shouldRefuseAHeadThatDoesNotComeOnceItIsReadAgain() {
        say(client, FIRST + "GET /sec");
        passTime();
        connect();
        say(upstream, ANSWER);
        assertFalse(isRefused(), client::written);
        passTime();
        assertTrue(isRefused(), client::written);
    }
}
