package io.transportsplice.testing;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;

/** Keeps an event loop from its events, so that all that happen meanwhile are one batch. */
public final class LoopHold {

    private LoopHold() {}

    /** Returns once the loop is held; it goes on when the latch is counted down. */
    public static CountDownLatch of(Executor loop) throws InterruptedException {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch ready = new CountDownLatch(1);
        loop.execute(() -> {
            held.countDown();
            try {
                ready.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        held.await();
        return ready;
    }
}
