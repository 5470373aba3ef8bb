// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import java.util.function.BooleanSupplier;

/** What a user asked for, and so may get: the messages of a source. */
final class ModelDemand {
    private enum Request {
        NONE,
        /** Netty itself may have lost it, or not: all is right. */
        PERHAPS,
        OUTSTANDING
    }

    private final ModelViolations violations;
    private final BooleanSupplier autoRead;
    private Request request = Request.NONE;
    /** So many messages may come that nobody asked for: where reads may have been missed, one is better than none. */
    private int unasked;
    /** The input has failed: what comes all the same is as it may be. */
    private boolean ended;
    /** Within the messages of one read. */
    private boolean reading;

    ModelDemand(ModelViolations violations, BooleanSupplier autoRead) {
        this.violations = violations;
        this.autoRead = autoRead;
    }

    void read() {
        request = Request.OUTSTANDING;
    }

    void takenBack() {
        request = Request.NONE;
    }

    /** Something happened in which Netty loses reads. */
    void unsure() {
        request = request == Request.OUTSTANDING ? Request.PERHAPS : request;
    }

    /** Something happened in which reads may be seen that there were not. */
    void mayBeMore() {
        unasked++;
    }

    void ends() {
        ended = true;
    }

    boolean mayRead() {
        return ended || autoRead.getAsBoolean() || request != Request.NONE || unasked > 0;
    }

    boolean mustRead() {
        return autoRead.getAsBoolean() || request == Request.OUTSTANDING;
    }

    void message() {
        if (reading) {
            unsure(); // another message, or a part of the same
            return;
        }
        reading = true;
        if (!mayRead()) {
            violations.add("a message that nobody asked for");
        } else if (!autoRead.getAsBoolean() && request == Request.NONE) {
            unasked--;
        }
        request = Request.NONE;
    }

    void complete() {
        reading = false;
    }
}
