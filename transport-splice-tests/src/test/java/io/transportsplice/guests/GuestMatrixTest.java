// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Carriage;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Rig;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every handler that may stand in a proxy's pipeline, at either end of a stream or both, behind the splice handler or in
 * front of it: the far ends see what they see of plain Netty, and the end that it had.
 */
@ExtendWith(Baseline.class)
@Timeout(60)
class GuestMatrixTest {
    private static final Guest NOBODY = new Guest("nobody", site -> {});
    private static final List<Guest> GUESTS = Guests.all();
    /** Before a sink that resets the stream does so. */
    private static final int A_PART = 128 * 1024;

    private static int cases;
    private static int splicing;
    private static long splicedByAuto;

    static Stream<GuestCase> cases() {
        return GuestCase.chosen(GUESTS).filter(GuestMatrixTest::isWanted);
    }

    static Stream<GuestCase> plainCases() {
        return GuestCase.plain(GUESTS).filter(GuestMatrixTest::isWanted);
    }

    /**
     * To look at some of them: {@code -Dguests=} and a part of what they are called; {@code -Dguests.all=true} leaves
     * nothing out but what fails by itself.
     */
    private static boolean isWanted(GuestCase given) {
        return given.toString().contains(System.getProperty("guests", ""));
    }

    @AfterAll
    static void report() {
        System.out.printf(
                "GuestMatrixTest: %d guests; %d cases, of which %d had to splice, cover %d; AUTO spliced %d MiB%n",
                GUESTS.size(), cases, splicing, GuestCase.all(GUESTS), splicedByAuto >> 20);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void shouldNotBeNoticed(GuestCase given) throws Exception {
        cases++;
        splicing += given.mustSplice() ? 1 : 0;
        Carriage carriage = new Carriage();
        verify(given, carriage);
        if (given.mode() == Mode.AUTO) {
            splicedByAuto += carriage.spliced();
        } else if (given.mode() == Mode.COPY) {
            carriage.verifyNothingSpliced();
        }
    }

    /** What the matrix expects is what plain Netty does. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("plainCases")
    void shouldExpectWhatPlainNettyDoes(GuestCase given) throws Exception {
        verify(given, new Carriage());
    }

    private static void verify(GuestCase given, Carriage carriage) throws Exception {
        try (Visit visit = new Visit();
                Rig rig = new Rig(given.mode())) {
            rig.configure(config -> given.configure(config, rig, visit));
            Link link = rig.link(given.route());
            try (GuestEnd source = GuestEnd.of(link.source(), guestAt(given, Ends.SOURCE));
                    GuestEnd sink = GuestEnd.of(link.sink(), guestAt(given, Ends.SINK))) {
                if (given.mustSplice()) {
                    rig.relay().lastPair(); // a proxy's last word and the first of the stream would come in one message
                }
                switch (given.ending()) {
                    case FIN -> endByFin(given, new Exchange(rig, source, sink, given.guest()), rig, visit, carriage);
                    case RESET_BY_SOURCE -> resetBySource(given, rig, source, sink);
                    case RESET_BY_SINK -> resetBySink(given, rig, source, sink);
                }
            }
        }
    }

    private static Guest guestAt(GuestCase given, Ends ends) {
        return given.where().include(ends) ? given.guest() : NOBODY;
    }

    private static void endByFin(GuestCase given, Exchange exchange, Rig rig, Visit visit, Carriage carriage)
            throws Exception {
        exchange.streamToEnd();
        if (given.mustSplice()) {
            carriage.awaitAtLeast(given.guest().leastSpliced());
        }
        if (!given.guest().mayHold()) {
            rig.awaitPipesHome();
        }
        rig.relay().channels().forEach(GuestMatrixTest::awaitNothingPending);
        visit.verify();
        exchange.end();
    }

    private static void awaitNothingPending(Channel channel) {
        ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
        if (buffer != null) {
            Await.until("all is written", buffer::totalPendingWriteBytes, pending -> pending == 0);
            assertTrue(buffer.isWritable()); // not the channel, which is not once its output is shut down
        }
    }

    private static void resetBySource(GuestCase given, Rig rig, GuestEnd source, GuestEnd sink) throws Exception {
        Future<GuestEnd.Received> receiving = rig.asyncResult(sink::receiveToEnd);
        source.send(GuestCase.STREAM);
        if (!given.guest().mayHold()) {
            sink.awaitReceived(GuestCase.BYTES);
        }
        source.reset();
        GuestEnd.Received received = Rig.await(receiving);
        Exchange.expectBeginning(GuestCase.STREAM, received);
        assertEquals(End.RESET, received.end());
    }

    private static void resetBySink(GuestCase given, Rig rig, GuestEnd source, GuestEnd sink) throws Exception {
        Future<Boolean> sending = rig.asyncResult(() -> isSent(source));
        if (!given.guest().mayHold()) {
            Exchange.expectBeginning(GuestCase.STREAM, sink.receiveAtLeast(A_PART));
        }
        sink.reset();
        // Whoever is told of a reset when he writes is not told again.
        if (Rig.await(sending)) {
            assertEquals(End.RESET, source.receiveToEnd().end());
        }
    }

    private static boolean isSent(GuestEnd source) {
        try {
            source.send(GuestCase.STREAM);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
