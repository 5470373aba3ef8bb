// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.ChannelHandler;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.MessageCounter;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import io.transportsplice.testing.Side;
import io.transportsplice.testing.Tls;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is idle, and what only looks so. By a clock that the test turns, so that nothing depends on the machine's speed. */
@ExtendWith(Baseline.class)
@Timeout(120)
class RelayIdleTest {
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;
    private static final int TIMEOUT = 2000;
    /** By how much later it may come. */
    private static final int LATER = TIMEOUT / 8;

    private static final int SYSTEMS_OWN = 0;

    private final Pattern pattern = new Pattern(1);

    record Setup(Mode mode, int loops, boolean wrapped, int bufferSize) {
        ClockedRelay relay(Duration idle, Duration halfClosed) throws Exception {
            return new ClockedRelay(loops, wrapped, bufferSize, () -> handlers(mode, idle, halfClosed));
        }

        ClockedRelay relay() throws Exception {
            return relay(Duration.ofMillis(TIMEOUT), Duration.ZERO);
        }
    }

    private static ChannelHandler[] handlers(Mode mode, Duration idle, Duration halfClosed) {
        RelayHandler relay = new RelayHandler(idle, halfClosed);
        return mode.usesSpliceHandler()
                ? new ChannelHandler[] {new EpollSpliceHandler(mode.options()), relay}
                : new ChannelHandler[] {relay};
    }

    static Stream<Setup> setups() {
        return Stream.of(Mode.AUTO, Mode.SPLICE, Mode.COPY, Mode.PLAIN)
                .flatMap(mode -> Stream.of(
                        new Setup(mode, 1, false, 16 * KIB),
                        new Setup(mode, 1, true, SYSTEMS_OWN),
                        new Setup(mode, 2, false, SYSTEMS_OWN),
                        new Setup(mode, 2, true, 16 * KIB)));
    }

    static Stream<Setup> setupsOfTwoLoops() {
        return setups().filter(setup -> setup.loops() == 2);
    }

    private CompletableFuture<Void> send(Peer from, long bytes) {
        return ClockedRelay.send(from, pattern, bytes);
    }

    /** 200 kB a second. Most of the time only the kernel's queues move. */
    @ParameterizedTest
    @MethodSource("setups")
    void shouldNotTakeASlowReceiverForIdle(Setup setup) throws Exception {
        try (ClockedRelay relay = setup.relay()) {
            relay.join();
            CompletableFuture<Void> sending = send(relay.client(), 3 * MIB);
            int step = 20 * KIB;
            for (long received = 0; received < 3 * MIB; received += step) {
                relay.server().receive(pattern, received, Math.min(3 * MIB, received + step));
                relay.advance(100);
            }
            sending.join();
            assertEquals(new Received(3 * MIB, End.EOF), relay.server().receiveToEnd(pattern, 3 * MIB));
        }
    }

    @ParameterizedTest
    @MethodSource("setups")
    void shouldResetAPairThatIsStuck(Setup setup) throws Exception {
        try (ClockedRelay relay = setup.relay()) {
            relay.join();
            CompletableFuture<Void> sending = send(relay.client(), Long.MAX_VALUE);
            relay.server().receive(pattern, 0, MIB);
            Await.until("nothing moves for the time allowed", () -> {
                relay.advance(LATER);
                return relay.open() == 0;
            });
            assertTrue(sending.handle((nothing, failure) -> failure != null).join());
            assertEquals(End.RESET, relay.server().receiveToEnd(pattern, MIB).end());
        }
    }

    /** Its own time holds from the start where one direction has ended before they are joined. */
    @ParameterizedTest
    @MethodSource("setups")
    void shouldAllowTheTimeOfAHalfClosedConnectionToWhatWasJoinedAsOne(Setup setup) throws Exception {
        Duration idle = Duration.ofMillis(TIMEOUT);
        try (ClockedRelay relay = setup.relay(idle, idle.multipliedBy(10))) {
            relay.client().halfClose();
            relay.advance(1);
            relay.join();
            assertEquals(new Received(0, End.EOF), relay.server().receiveToEnd(pattern, 0));
            for (int passed = 0; passed < 2 * TIMEOUT; passed += LATER) {
                relay.advance(LATER);
            }
            assertEquals(2, relay.open());
        }
    }

    @ParameterizedTest
    @MethodSource("setups")
    void shouldResetWhenTheTimeIsOverAndNotBefore(Setup setup) throws Exception {
        try (ClockedRelay relay = setup.relay()) {
            relay.join();
            relay.client().send(pattern, 0, 100, 100);
            relay.server().receive(pattern, 0, 100);
            for (int passed = 0; passed + LATER < TIMEOUT; passed += LATER) {
                relay.advance(LATER);
                assertEquals(2, relay.open(), "after " + passed);
            }
            relay.advance(LATER);
            relay.advance(2 * LATER);
            assertEquals(new Received(100, End.RESET), relay.server().receiveToEnd(pattern, 100));
            assertEquals(new Received(0, End.RESET), relay.client().receiveToEnd(pattern, 0));
        }
    }

    @ParameterizedTest
    @MethodSource("setups")
    void shouldTakeEitherDirectionsProgressForThePairs(Setup setup) throws Exception {
        try (ClockedRelay relay = setup.relay()) {
            relay.join();
            for (int i = 0; i < 10; i++) {
                relay.advance(TIMEOUT * 2 / 3);
                Peer from = i < 5 ? relay.client() : relay.server();
                Peer to = i < 5 ? relay.server() : relay.client();
                from.send(pattern, i % 5, i % 5 + 1, 1);
                to.receive(pattern, i % 5, i % 5 + 1);
            }
            assertEquals(2, relay.open());
        }
    }

    /** Its loop may be busy, or a whole process may stand still, when the other one looks. */
    @ParameterizedTest
    @MethodSource("setupsOfTwoLoops")
    void shouldTakeProgressForThePairsThoughOneLoopHasNotLookedYet(Setup setup) throws Exception {
        try (ClockedRelay relay = setup.relay()) {
            relay.join();
            for (int i = 0; i < 5; i++) {
                relay.advanceBehindABusyLoop(TIMEOUT * 2 / 3);
                assertEquals(2, relay.open(), "before byte " + i);
                relay.client().send(pattern, i, i + 1, 1);
                relay.server().receive(pattern, i, i + 1);
                relay.awaitAcknowledged();
            }
            relay.advance(1);
            for (int i = 0; i < 4; i++) {
                relay.advance(TIMEOUT / 2);
            }
            assertEquals(new Received(0, End.RESET), relay.client().receiveToEnd(pattern, 0));
        }
    }

    /** Nobody can be asked there any more. */
    @ParameterizedTest
    @MethodSource("setupsOfTwoLoops")
    void shouldEndAReceiverThatTakesNothingThoughTheOtherLoopHasEnded(Setup setup) throws Exception {
        try (ClockedRelay relay = setup.relay()) {
            relay.join();
            CompletableFuture<Void> sending = send(relay.server(), 64L * MIB);
            relay.awaitFull();
            relay.endLastLoop();
            Await.until("the receiver is given up", () -> {
                relay.advance(TIMEOUT); // what the kernel still moves is progress
                return relay.open() == 0;
            });
            assertThrows(CompletionException.class, sending::join);
        }
    }

    /** The time for connecting is somebody else's. */
    @Test
    void shouldCountFromWhenTheyAreJoined() throws Exception {
        try (ClockedRelay relay = new Setup(Mode.AUTO, 2, false, SYSTEMS_OWN).relay()) {
            relay.advance(TIMEOUT * 2 / 3);
            relay.join();
            relay.advance(TIMEOUT * 2 / 3);
            relay.advance(1);
            assertEquals(2, relay.open());
            relay.advance(TIMEOUT);
            relay.advance(LATER);
            assertEquals(new Received(0, End.RESET), relay.client().receiveToEnd(pattern, 0));
            assertEquals(new Received(0, End.RESET), relay.server().receiveToEnd(pattern, 0));
        }
    }

    @Test
    void shouldResetAChannelThatIsNeverJoined() throws Exception {
        try (ClockedRelay relay = new Setup(Mode.AUTO, 1, false, SYSTEMS_OWN).relay()) {
            relay.advance(TIMEOUT);
            relay.advance(LATER);
            assertEquals(new Received(0, End.RESET), relay.client().receiveToEnd(pattern, 0));
        }
    }

    /** The bytes of a handshake, say, of which the relay itself sees nothing. */
    @Test
    void shouldTakeWhatOnlyOtherHandlersSeeForProgress() throws Exception {
        Duration timeout = Duration.ofMillis(TIMEOUT);
        MessageCounter counter = new MessageCounter();
        try (ClockedRelay relay =
                new ClockedRelay(1, false, SYSTEMS_OWN, () -> new ChannelHandler[] {
                    new EpollSpliceHandler(), counter, patient(), new RelayHandler(timeout, timeout)
                })) {
            relay.join();
            byte[] hello = {22, 3, 1, 1, 0, 1, 0, 0, 99};
            for (int i = 0; i < hello.length; i++) {
                long sent = i + 1L;
                relay.client().send(hello[i]);
                Await.until("it has been read", counter.bytesRead::get, read -> read == sent);
                relay.advance(TIMEOUT * 2 / 3);
            }
            assertEquals(2, relay.open());
        }
    }

    private static ChannelHandler patient() {
        var tls = Tls.FRONT.handler(Side.FRONT);
        tls.setHandshakeTimeoutMillis(0);
        return tls;
    }

    @Test
    void shouldTakeTheLongestOfTimesForForever() throws Exception {
        Duration longest = Duration.ofSeconds(Long.MAX_VALUE);
        try (ClockedRelay relay = new Setup(Mode.AUTO, 1, false, SYSTEMS_OWN).relay(longest, longest)) {
            relay.join();
            relay.advance(Duration.ofDays(365).toMillis());
            relay.client().send(pattern, 0, 100, 100);
            relay.client().halfClose();
            assertEquals(new Received(100, End.EOF), relay.server().receiveToEnd(pattern, 0));
            assertEquals(2, relay.open());
        }
    }

    /** Whoever is to be reset gets what was taken for him, as long as he takes it; else he is not waited for. */
    @Test
    void shouldNotWaitForeverForSomebodyWhoIsToBeReset() throws Exception {
        try (ClockedRelay relay = new Setup(Mode.SPLICE, 1, false, 16 * KIB).relay(Duration.ZERO, Duration.ZERO)) {
            relay.join();
            relay.client().send(pattern, 0, 200 * KIB, 32 * KIB);
            Await.until("all of it is in the relay's kernel", () -> relay.bytesFromClient() == 200 * KIB);
            relay.client().reset();
            Await.until("the one channel is gone", () -> relay.open() == 1);
            for (long received = 0; received < 60 * KIB; received += 20 * KIB) {
                relay.advance(4000);
                relay.server().receive(pattern, received, received + 20 * KIB);
                assertEquals(1, relay.open());
            }
            Await.until("it has waited long enough", () -> {
                relay.advance(500);
                return relay.open() == 0;
            });
            Received received = relay.server().receiveToEnd(pattern, 60 * KIB);
            assertEquals(End.RESET, received.end());
            assertTrue(received.bytes() < 200 * KIB, received::toString);
        }
    }
}
