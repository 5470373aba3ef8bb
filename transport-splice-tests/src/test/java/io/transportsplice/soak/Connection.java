// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.soak;

/** What the two ends of one connection have reported. */
final class Connection {
    final Plan plan;
    /** When either end last moved a byte, by the patient clock. */
    long lastProgress;

    private boolean claimed;
    private boolean initiatorReported;
    private boolean followerReported;
    private Verdict verdict = Verdict.OK;
    private String details = "";

    Connection(Plan plan, long now) {
        this.plan = plan;
        lastProgress = now;
    }

    /** A follower came with this connection's header. False if one had before. */
    boolean claim() {
        boolean first = !claimed;
        claimed = true;
        return first;
    }

    /** The first failure counts: what follows it, follows from it. */
    void report(boolean initiator, Verdict reported, String what) {
        if (initiator) {
            initiatorReported = true;
        } else {
            followerReported = true;
        }
        if (!verdict.isFailure() && reported.compareTo(verdict) > 0) {
            verdict = reported;
            details = what;
        }
    }

    boolean isComplete() {
        return initiatorReported && (followerReported || plan.kind() == Plan.Kind.SILENT);
    }

    /** One end is done and the other has not even come. */
    boolean isHalfDone() {
        return initiatorReported || followerReported;
    }

    /** A silent one that was reset: who would have been at the other end cannot be told. */
    boolean isRefused() {
        return verdict == Verdict.BROKEN
                && plan.kind() == Plan.Kind.SILENT
                && plan.initiator().ending() != Script.Ending.RESET;
    }

    Verdict verdict() {
        return verdict;
    }

    @Override
    public String toString() {
        return details + " " + plan;
    }
}
