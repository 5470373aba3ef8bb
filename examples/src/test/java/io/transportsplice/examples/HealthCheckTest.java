// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.Channel;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.Future;
import java.net.ConnectException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HealthCheckTest {
    private final EmbeddedChannel clock = new EmbeddedChannel();

    @AfterEach
    void close() {
        clock.close();
    }

    private static HealthCheck.Plan plan(int rise, int fall) {
        return new HealthCheck.Plan(Duration.ofSeconds(5), Duration.ofSeconds(1), "", "", rise, fall);
    }

    /** @param left what the checks find, one after the other; empty for none that ends */
    private static HealthCheck.Attempt finds(StringBuilder left) {
        return loop -> {
            if (left.isEmpty()) {
                return loop.newPromise();
            }
            Future<Channel> found = left.charAt(0) == '+'
                    ? loop.newSucceededFuture(new EmbeddedChannel())
                    : loop.newFailedFuture(new ConnectException());
            left.deleteCharAt(0);
            return found;
        };
    }

    /** @param checks what they find, one after the other */
    private String states(int rise, int fall, String checks) {
        StringBuilder left = new StringBuilder(checks);
        clock.freezeTime();
        HealthCheck check = HealthCheck.start(clock.eventLoop(), plan(rise, fall), finds(left));
        StringBuilder states = new StringBuilder();
        clock.runPendingTasks();
        while (states.length() < checks.length()) {
            states.append(check.isWell() ? '+' : '-');
            assertEquals(checks.length(), states.length() + left.length(), "one check an interval");
            if (!left.isEmpty()) {
                clock.advanceTimeBy(5, TimeUnit.SECONDS);
                clock.runScheduledPendingTasks();
            }
        }
        check.stop();
        return states.toString();
    }

    @ParameterizedTest
    @CsvSource({
        "2, 3, ---, ---",
        "2, 3, +---, +++-",
        "2, 3, +--+--+, +++++++",
        "2, 3, +---+-+-++, +++------+",
        "2, 3, +---++---, +++--+++-",
        "1, 1, +-+--, +-+--",
        "3, 1, -++-+++, ------+",
    })
    void shouldChangeItsMindOnlyAfterSoManyChecksInARow(int rise, int fall, String checks, String states) {
        assertEquals(states, states(rise, fall, checks));
    }

    /** @param again what the checks find after that */
    @ParameterizedTest
    @CsvSource({
        "-, '', -",
        "-, +, -",
        "-, ++, +",
        "-+, +, +",
        "+, '', +",
        "+, --, +",
        "+, ---, -",
        "+--, -, -",
        "'', -, -",
    })
    void shouldGoOnFromWhatTheOneBeforeHasFound(String before, String again, String state) {
        clock.freezeTime();
        Upstream upstream = new Upstream(Endpoint.parse("10.0.0.1:80"));
        for (String checks : new String[] {before, again}) {
            StringBuilder left = new StringBuilder(checks);
            upstream.check(clock.eventLoop(), plan(2, 3), finds(left));
            clock.runPendingTasks();
            while (!left.isEmpty()) {
                clock.advanceTimeBy(5, TimeUnit.SECONDS);
                clock.runScheduledPendingTasks();
            }
        }
        assertEquals(state.equals("+"), upstream.isUp());
        upstream.uncheck();
        clock.advanceTimeBy(5, TimeUnit.SECONDS);
        clock.runScheduledPendingTasks();
        assertTrue(upstream.isUp(), "nobody asks any more");
    }
}
