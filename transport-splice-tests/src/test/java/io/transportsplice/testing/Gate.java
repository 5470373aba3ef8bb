// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import java.util.ArrayList;
import java.util.List;

/** Holds back what should happen at a moment that the test chooses. Open from the start unless it is closed. */
public final class Gate {
    private final List<Runnable> waiting = new ArrayList<>();
    private boolean closed;

    public synchronized void close() {
        closed = true;
    }

    public synchronized void open() {
        closed = false;
        waiting.forEach(Runnable::run);
        waiting.clear();
    }

    synchronized void whenOpen(Runnable action) {
        if (closed) {
            waiting.add(action);
        } else {
            action.run();
        }
    }

    /** How many wait at the gate. */
    public synchronized int queue() {
        return waiting.size();
    }
}
