// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class RoundsTest {
    private static final long LARGE = 1024 * 1024;

    private final Rounds rounds = new Rounds();
    private final List<Source> sources = new ArrayList<>();

    /** A source that is ready in every round. */
    private final class Source {
        private final Rounds.Turn turn = new Rounds.Turn();
        private final long bytes;
        private int turns;

        Source(long bytes) {
            this.bytes = bytes;
            sources.add(this);
        }

        boolean report() {
            boolean goes = rounds.isTurnOf(turn);
            if (goes) {
                turns++;
                rounds.moved(turn, bytes);
            }
            return goes;
        }
    }

    private void addLarge(int count) {
        for (int i = 0; i < count; i++) {
            new Source(LARGE);
        }
    }

    /** What epoll does between two waits: it reports all that are ready. */
    private long runRound() {
        return sources.stream().filter(Source::report).count();
    }

    private void forget() {
        sources.forEach(source -> source.turns = 0);
    }

    private int[] turns() {
        return sources.stream().mapToInt(source -> source.turns).toArray();
    }

    @Test
    void shouldLetASingleSourceGoInEveryRound() {
        addLarge(1);
        for (int i = 0; i < 10; i++) {
            assertEquals(1, runRound());
        }
    }

    @Test
    void shouldLetEverySourceHaveAsManyTurnsAsEveryOther() {
        addLarge(16);
        runRound(); // nobody is known to move much yet
        forget();
        for (int i = 0; i < 160; i++) {
            assertTrue(runRound() <= 1);
        }
        int least = Arrays.stream(turns()).min().orElseThrow();
        int most = Arrays.stream(turns()).max().orElseThrow();
        assertTrue(least >= 8 && most - least <= 1, () -> "turns " + Arrays.toString(turns()));
    }

    /** 64 KiB for each that epoll reports, so that a turn comes as soon as it does among few. */
    @Test
    void shouldLetMoreGoAtATimeTheMoreThereAre() {
        addLarge(64);
        runRound(); // nobody is known to move much yet
        for (int i = 0; i < 16; i++) {
            assertEquals(4, runRound());
        }
    }

    @Test
    void shouldNotLetSmallSourcesWait() {
        addLarge(16);
        Source small = new Source(64);
        for (int i = 0; i < 50; i++) {
            runRound();
        }
        assertEquals(50, small.turns);
    }

    @Test
    void shouldNotWaitForSourcesThatHaveNothingAnyMore() {
        addLarge(16);
        for (int i = 0; i < 5; i++) {
            runRound();
        }
        sources.subList(1, 16).clear();
        forget();
        for (int i = 0; i < 10; i++) {
            runRound();
        }
        assertTrue(sources.get(0).turns >= 8, () -> "turns " + Arrays.toString(turns()));
    }

    @Test
    void shouldTakeInSourcesThatBecomeReadyLater() {
        addLarge(4);
        for (int i = 0; i < 20; i++) {
            runRound();
        }
        addLarge(4);
        runRound();
        forget();
        for (int i = 0; i < 80; i++) {
            runRound();
        }
        assertTrue(Arrays.stream(turns()).min().orElseThrow() >= 8, () -> "turns " + Arrays.toString(turns()));
    }
}
