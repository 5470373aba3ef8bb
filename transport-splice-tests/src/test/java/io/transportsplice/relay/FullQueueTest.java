// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.ChannelDuplexHandler;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.CrampedLoop;
import io.transportsplice.testing.FarEnd.End;
import io.transportsplice.testing.FarEnd.Received;
import io.transportsplice.testing.LoopHold;
import io.transportsplice.testing.Pattern;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The loop of the sink has little room for tasks, all of it taken for a moment. */
@ExtendWith(Baseline.class)
@Timeout(60)
class FullQueueTest {
    private static final int SOME = 100;

    private final Pattern pattern = new Pattern(0);

    /** The stream has a hole then, for Netty gives up a write that it cannot hand over, and cannot even tell. */
    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void shouldCutAStreamOfWhichAPartCouldNotBeHandedOver(boolean tls, boolean wrapped) throws Exception {
        try (EmbeddedSource source = new EmbeddedSource(tls, wrapped, new ChannelDuplexHandler())) {
            source.read(pattern, 0, SOME);
            source.readComplete();
            source.end.receive(pattern, 0, SOME);
            LoopHold.whileHeld(source.loop, () -> {
                CrampedLoop.fill(source.loop);
                source.read(pattern, SOME, SOME);
            });
            Await.until("room", () -> source.loop.pendingTasks() == 0);
            source.read(pattern, 2 * SOME, SOME);
            source.readComplete();
            assertFalse(source.channel.isOpen());
            assertEquals(new Received(SOME, End.RESET), source.end.receiveToEnd(pattern, SOME));
        }
    }

    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void shouldFlushWhenThereIsRoom(boolean tls, boolean wrapped) throws Exception {
        try (EmbeddedSource source = new EmbeddedSource(tls, wrapped, new ChannelDuplexHandler())) {
            LoopHold.whileHeld(source.loop, () -> {
                source.loop.fillBut(1);
                source.read(pattern, 0, SOME);
                source.readComplete();
            });
            source.end.receive(pattern, 0, SOME);
            assertTrue(source.channel.isOpen());
            source.channel.close();
            assertEquals(End.RESET, source.end.receiveToEnd(pattern, SOME).end());
        }
    }
}
