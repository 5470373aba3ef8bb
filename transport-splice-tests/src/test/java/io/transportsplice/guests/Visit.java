// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** What guests leave to do, for the time of one case. */
final class Visit implements AutoCloseable {
    private final List<Runnable> checks = new CopyOnWriteArrayList<>();
    private final List<Runnable> afterwards = new CopyOnWriteArrayList<>();

    void check(Runnable check) {
        checks.add(check);
    }

    void afterwards(Runnable task) {
        afterwards.add(task);
    }

    void verify() {
        checks.forEach(Runnable::run);
    }

    @Override
    public void close() {
        afterwards.forEach(Runnable::run);
    }
}
