// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.SocketReader.Outcome;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A {@link SplicingHandle} that splices: what epoll, the channel and the reader hear of each other, without a socket. */
class SplicingHandleTest extends HandleFixture {
    /** Splices, and a message is wanted: the channel does not know. */
    private void spliceWanted() {
        splice();
        assertFalse(handle.read());
        script.forget();
    }

    @Test
    void shouldWatchNothingUntilAMessageIsWanted() {
        script.forget();
        splice();
        assertEquals(List.of(), script.told());
        assertFalse(handle.read());
        assertEquals(List.of("submit " + (IN | RDHUP)), script.told());
        assertTrue(handle.isWanted());
        handle.satisfied();
        assertFalse(handle.isWanted());
    }

    @Test
    void shouldGoOnWatchingIfTheChannelDidAlready() {
        ask(IN);
        script.forget();
        splice();
        assertEquals(List.of("submit " + (IN | RDHUP)), script.told());
    }

    /** Switching it on asks by itself; a handler may keep that read() back. */
    @Test
    void shouldWantByAutoReadOnlyWhatTheChannelAskedFor() {
        script.owner().config().setAutoRead(true);
        splice();
        assertFalse(handle.isWanted());
        ask(OUT);
        assertFalse(handle.isWanted());
        ask(IN);
        assertTrue(handle.isWanted());
        assertTrue(handle.read());
    }

    @Test
    void shouldGiveReadingToTheReaderAndWritingToTheChannelThatAskedForIt() {
        spliceWanted();
        happen(OUT);
        assertEquals(List.of(), script.told());
        ask(OUT);
        script.forget();
        happen(OUT);
        assertEquals(List.of("event " + OUT), script.told());
        script.forget();
        happen(IN | OUT);
        assertEquals(List.of("event " + OUT, "readable"), script.told());
    }

    @ParameterizedTest
    @ValueSource(ints = {IN, RDHUP, HUP})
    void shouldHaveTheReaderLookAtWhateverMayBeItsInput(int bits) {
        spliceWanted();
        happen(bits);
        assertEquals(List.of("readable"), script.told());
    }

    @Test
    void shouldStopAtAnErrorWhichIsTheChannelsToTell() {
        spliceWanted();
        happen(ERR | IN);
        assertEquals(List.of("failed", "event " + (ERR | IN)), script.told());
    }

    @Test
    void shouldFailTheChannelByWhatTheReaderThrows() {
        spliceWanted();
        script.throwing(new AssertionError("asked for by the test"));
        happen(IN);
        assertEquals(List.of("readable", "broken java.lang.AssertionError: asked for by the test"), script.told());
    }

    /** Whoever lets go of a pipe, or stops the splicing, may be another channel. */
    @Test
    void shouldFailTheChannelIfEpollDoesNotTakeWhatIsOurOwn() {
        splice();
        script.submits(false);
        String broken = "broken java.lang.IllegalStateException: not known to epoll";
        script.forget();
        assertFalse(handle.read());
        assertEquals(List.of("submit " + (IN | RDHUP)), script.told(), "not within whoever asks");
        script.runTasks();
        assertEquals(broken, script.last());
        script.forget();
        handle.stopSplicing();
        assertEquals(List.of("read", "submit " + ET), script.told());
        script.runTasks();
        assertEquals(broken, script.last());
    }

    /** What becomes of the channel then is Netty's to say. */
    @Test
    void shouldThrowIfEpollDoesNotTakeWhatTheChannelAsksFor() {
        spliceWanted();
        script.submits(false);
        assertThrows(IllegalStateException.class, () -> ask(OUT));
        assertEquals(List.of("submit " + (IN | OUT | RDHUP)), script.told());
    }

    /** By a handler in front of ours: the one message serves both. */
    @Test
    void shouldLeaveToTheChannelWhatItWasAskedForPastUs() {
        spliceWanted();
        ask(IN);
        script.forget();
        happen(IN);
        assertEquals(List.of("event " + IN), script.told());
        assertFalse(handle.isWanted());
    }

    /** The channel has to know that it was asked, or it would not go on where epoll was wrong. */
    @Test
    void shouldHandOnTheReadThatTheReaderLeaves() {
        spliceWanted();
        script.outcome(Outcome.LEFT_TO_CHANNEL);
        happen(IN | RDHUP);
        assertEquals(List.of("readable", "read", "event " + IN), script.told());
        assertFalse(handle.isWanted(), "it is the channel's now");
    }

    @Test
    void shouldHandOnNoReadThatNobodyMade() {
        script.owner().config().setAutoRead(true);
        splice();
        ask(IN);
        script.forget();
        script.outcome(Outcome.LEFT_TO_CHANNEL);
        happen(IN);
        assertEquals(List.of("readable", "event " + IN), script.told());
    }

    /** It has stopped meanwhile: the channel is to see the end as well. */
    @ParameterizedTest
    @ValueSource(ints = {IN, IN | RDHUP})
    void shouldLeaveTheEndToTheChannelWhereTheReaderStopped(int bits) {
        spliceWanted();
        script.outcome(Outcome.LEFT_TO_CHANNEL);
        script.whenRead(handle::stopSplicing);
        happen(bits);
        assertEquals(List.of("readable", "read", "submit " + ET, "event " + bits), script.told());
    }

    @Test
    void shouldPauseUntilReadingCanBeUsed() {
        spliceWanted();
        script.outcome(Outcome.NOT_NOW).unread(1);
        happen(IN | RDHUP);
        assertEquals(List.of("readable", "unread", "submit " + (RDHUP | ET)), script.told());
        script.forget();
        handle.resumeReading();
        handle.resumeReading();
        assertEquals(List.of("submit " + (IN | RDHUP)), script.told());
    }

    @Test
    void shouldStayPausedForWritingAndResumeWhenTheChannelAsks() {
        spliceWanted();
        script.outcome(Outcome.NOT_NOW); // and nothing says that it is the end
        happen(IN);
        assertEquals(RDHUP | ET, ask(0));
        assertEquals(OUT, ask(OUT));
        assertEquals(OUT | IN | RDHUP, ask(OUT | IN));
        happen(IN);
        assertEquals(OUT | IN | RDHUP, ask(OUT | IN), "by its own read()");
        assertEquals(
                List.of("readable", "submit " + (RDHUP | ET), "submit 4", "submit 8197", "event 1"), script.told());
    }

    @Test
    void shouldStayPausedWhereTheChannelAskedBefore() {
        script.owner().config().setAutoRead(true);
        ask(IN);
        splice();
        script.outcome(Outcome.NOT_NOW);
        happen(IN);
        assertEquals(OUT, ask(IN | OUT));
        assertEquals(RDHUP | ET, ask(IN));
    }

    @Test
    void shouldFindTheEndWhereNothingIsUnread() {
        splice();
        script.forget();
        happen(RDHUP);
        assertEquals(List.of("unread", "ended"), script.told());
    }

    @Test
    void shouldHandOnWhatIsOutstandingWhenItStops() {
        spliceWanted();
        handle.stopSplicing();
        handle.stopSplicing();
        assertEquals(List.of("read", "submit " + ET), script.told());
        assertFalse(handle.isSplicing(script.reader()));
    }

    @Test
    void shouldTellTheChannelOfTheEndOnceItHasStopped() {
        spliceWanted();
        handle.stopAtEndOfInput();
        assertFalse(handle.isSplicing(script.reader()));
        assertEquals("event " + (IN | RDHUP), script.last());
    }
}
