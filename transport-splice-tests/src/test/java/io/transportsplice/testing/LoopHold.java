// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;

/** Keeps an event loop from its events, so that all that happen meanwhile are one batch. */
public final class LoopHold {
    /** What happens meanwhile. */
    public interface Action {
        void run() throws Exception;
    }

    private LoopHold() {}

    /** Lets the loop go also if the action fails: else what waits for the loop would hang, and never say why. */
    public static void whileHeld(Executor loop, Action action) throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        loop.execute(() -> {
            held.countDown();
            awaitRelease(released);
        });
        held.await();
        try {
            action.run();
        } finally {
            released.countDown();
        }
    }

    private static void awaitRelease(CountDownLatch released) {
        try {
            released.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
