// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

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

    /** @param checks what they find, one after the other */
    private String states(int rise, int fall, String checks) {
        StringBuilder left = new StringBuilder(checks);
        HealthCheck.Plan plan = new HealthCheck.Plan(Duration.ofSeconds(5), Duration.ofSeconds(1), "", "", rise, fall);
        clock.freezeTime();
        HealthCheck check = HealthCheck.start(clock.eventLoop(), plan, loop -> {
            Future<Channel> found = left.charAt(0) == '+'
                    ? loop.newSucceededFuture(new EmbeddedChannel())
                    : loop.newFailedFuture(new ConnectException());
            left.deleteCharAt(0);
            return found;
        });
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
}
