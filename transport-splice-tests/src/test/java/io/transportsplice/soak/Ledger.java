// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.soak;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Knows every connection from its plan to its outcome. */
final class Ledger {
    private final Tally tally = new Tally();
    private final Map<Integer, Connection> connections = new HashMap<>();
    /** Settled before the other end came: it may come yet. */
    private final BitSet abandoned = new BitSet();
    /** Silent clients that ended cleanly: their servers see an end, but cannot know whose. */
    private long silentEndsExpected;

    private long silentEnds;
    private long resetsWithoutHeader;

    Tally tally() {
        return tally;
    }

    Connection opened(Plan plan, long now) {
        Connection connection = new Connection(plan, now);
        connections.put(plan.id(), connection);
        if (plan.kind() == Plan.Kind.SILENT && plan.initiator().ending() != Script.Ending.RESET) {
            silentEndsExpected++;
        }
        return connection;
    }

    /** The connection of which a follower has just come to know the header; null if that cannot be right. */
    Connection claim(ByteBuffer header, long seed) {
        int id = Plan.idOf(header, seed);
        Connection connection = connections.get(id);
        if (id < 0) {
            tally.count(Verdict.WRONG, "not a header: " + header.getLong(0));
        } else if (connection != null && connection.claim()) {
            return connection;
        } else if (connection != null || !abandoned.get(id)) {
            tally.count(Verdict.FOREIGN, "a header came twice: " + id);
        }
        return null;
    }

    /** One end has reported. */
    void reported(Connection connection) {
        if (connection.isComplete()) {
            settle(connection);
        }
    }

    private void settle(Connection connection) {
        connections.remove(connection.plan.id());
        tally.count(connection.verdict(), connection.toString());
        if (connection.isRefused()) {
            silentEndsExpected--; // its server need never have seen it
        }
    }

    // What happens to ends that do not know whose they are.

    void endedWithoutHeader(int headerBytes) {
        silentEnds++;
        if (headerBytes > 0) {
            tally.count(Verdict.LOST, "end after " + headerBytes + " bytes of a header");
        }
    }

    void resetWithoutHeader() {
        resetsWithoutHeader++;
    }

    void hungWithoutHeader() {
        tally.count(Verdict.HANG, "no header came, and no end");
    }

    /** Settles connections of which one end has long been done and the other has never come. */
    void settleHalfDone(long quietBefore) {
        List<Connection> quiet = new ArrayList<>();
        for (Connection connection : connections.values()) {
            if (connection.isHalfDone() && connection.lastProgress < quietBefore) {
                quiet.add(connection);
            }
        }
        for (Connection connection : quiet) {
            abandoned.set(connection.plan.id());
            if (!connection.plan.mayNeverArrive()) {
                connection.report(true, Verdict.UNREACHED, "it never reached the other end");
                connection.report(false, Verdict.UNREACHED, "it never reached the other end");
            }
            settle(connection);
        }
    }

    /** Nothing is to come any more, but perhaps what a reset has overtaken. */
    boolean isSettled() {
        return silentEnds >= silentEndsExpected
                && connections.values().stream().allMatch(c -> c.isHalfDone() && c.plan.mayNeverArrive());
    }

    /** At the end of a run: compares the ends that came without a header with those that were to. */
    void settleSilent() {
        for (long i = silentEnds; i < silentEndsExpected; i++) {
            tally.count(Verdict.UNREACHED, "the end of a silent connection never came");
        }
        for (long i = silentEndsExpected; i < silentEnds; i++) {
            tally.count(Verdict.RESET_SEEN_CLEAN, "an end without a header, and no silent connection to explain it");
        }
        silentEnds = silentEndsExpected;
    }

    @Override
    public String toString() {
        return tally + " reset_without_header=" + resetsWithoutHeader + " unsettled=" + connections.size();
    }
}
