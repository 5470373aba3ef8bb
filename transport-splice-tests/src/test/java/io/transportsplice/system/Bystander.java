// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.system;

import io.transportsplice.testing.Link;
import io.transportsplice.testing.Rig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/** A well-behaved connection beside hostile ones: it asks and answers, must go on, and notes how long that took. */
final class Bystander implements AutoCloseable {
    private static final int MESSAGE = 64;
    private static final long PAUSE_NANOS = 2_000_000;

    private final String what;
    private final Link link;
    private final Future<?> running;
    private final List<Long> nanos = new ArrayList<>();
    /** Whose turn it is: each round trip is one. Fair, so that whoever wants a pause gets it. */
    private final Lock turn = new ReentrantLock(true);

    private volatile boolean ended;

    Bystander(ProxyRig rig, String what) throws IOException {
        this.what = what;
        link = rig.linkUp();
        running = rig.async(this::askAndAnswer);
    }

    private void askAndAnswer() throws IOException {
        long position = 0;
        do {
            turn.lock();
            try {
                askAndAnswer(position);
            } finally {
                turn.unlock();
            }
            position += MESSAGE;
        } while (!ended);
    }

    private void askAndAnswer(long position) throws IOException {
        long start = System.nanoTime();
        link.source().send(link.forward(), position, position + MESSAGE, MESSAGE);
        link.sink().receive(link.forward(), position, position + MESSAGE);
        link.sink().send(link.backward(), position, position + MESSAGE, MESSAGE);
        link.source().receive(link.backward(), position, position + MESSAGE, MESSAGE, PAUSE_NANOS);
        nanos.add(System.nanoTime() - start - PAUSE_NANOS);
    }

    /** Does something while it says nothing: what waits for rest would wait for the two of them. */
    void whileSilent(Runnable action) {
        turn.lock();
        try {
            action.run();
        } finally {
            turn.unlock();
        }
    }

    /** Ends it; throws what it failed with, if it did. */
    @Override
    public void close() throws IOException {
        ended = true;
        try {
            Rig.await(running);
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted: the test's timeout has passed", e);
        }
        nanos.sort(null);
        System.err.printf(
                "beside %s: %d round trips, p50 %d us, p99 %d us%n",
                what, nanos.size(), micros(nanos.size() / 2), micros(nanos.size() * 99 / 100));
        link.source().close();
        link.sink().close();
    }

    private long micros(int index) {
        return TimeUnit.NANOSECONDS.toMicros(nanos.get(index));
    }
}
