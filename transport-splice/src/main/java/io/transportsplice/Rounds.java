// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

/**
 * Shares an event loop among the sources that are ready, so that all else on the loop is served soon, too. Full pipes
 * are what makes splicing cheap, so it is not their size that is bounded but how many are moved before epoll is asked
 * again. A <i>round</i> is what happens between two epoll_wait calls. Those whose turn does not come in it wait for the
 * next, and nobody has a second turn in a <i>pass</i> before everybody has had the first. Whoever moved little the last
 * time need not wait.
 *
 * <p>Nobody says when a round begins, but epoll reports each source once in a round: a source that is seen again is in the next.
 *
 * <p>Confined to its event loop.
 */
final class Rounds {

    /** As much as Netty reads from one copied channel before it looks at the next: less than a millisecond. */
    private static final long LEAST_BYTES = 1024 * 1024;

    /** For each source that is reported, whether its turn comes or not, which costs a fraction of a microsecond. */
    private static final long BYTES_PER_REPORT = 64 * 1024;

    private static final long LITTLE = 64 * 1024;

    private long round = 1;
    private long pass = 1;
    private long bytes;
    private long budget = LEAST_BYTES;
    private long reports;
    private boolean someWait;
    private boolean someWaited;

    /** A source's place in all this. */
    static final class Turn {
        private long round;
        private long pass;
        private long bytes;
    }

    /** Whether it is this source's turn. If not, epoll will report it again. */
    boolean isTurnOf(Turn turn) {
        if (turn.round == round) {
            next();
        }
        turn.round = round;
        reports++;
        if (turn.bytes < LITTLE) {
            return true;
        }
        if (turn.pass == pass && someWaited) {
            return false;
        }
        if (bytes >= budget) {
            someWait = true;
            return false;
        }
        turn.pass = pass;
        return true;
    }

    private void next() {
        round++;
        bytes = 0;
        budget = Math.max(LEAST_BYTES, reports * BYTES_PER_REPORT);
        reports = 0;
        someWaited = someWait;
        someWait = false;
        if (!someWaited) {
            pass++;
        }
    }

    /** What a source did with its turn. */
    void moved(Turn turn, long n) {
        turn.bytes = n;
        bytes += n;
    }
}
