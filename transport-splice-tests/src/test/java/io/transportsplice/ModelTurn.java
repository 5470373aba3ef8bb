// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

/**
 * Whose turn it is: one thread plays all event loops of the model, and the world outside of them. A loop takes a thread for
 * its own only while it has its turn, so that whatever is done on the wrong one's is found out.
 */
final class ModelTurn {
    private final Thread player = Thread.currentThread();
    private ModelLoop current;

    /** Whether this thread runs that loop. */
    boolean isOf(ModelLoop loop, Thread thread) {
        return thread == player && current == loop;
    }

    /** One that is alone always has its turn. */
    void leaveTo(ModelLoop loop) {
        current = loop;
    }

    boolean isTaken() {
        return current != null;
    }

    void take(ModelLoop loop, Runnable action) {
        ModelLoop before = current;
        current = loop;
        try {
            action.run();
        } finally {
            current = before;
        }
    }
}
