// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.transportsplice.testing.Await;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Keeps Netty's global executor from its work, so that what Netty has done there is done when the model says so. */
final class ModelGate {
    private static final long PAUSE_NANOS = 20_000;
    private static final int LONGER_THAN_A_RETRY_MILLIS = 2;

    private CountDownLatch shut;

    void shut() {
        if (shut == null) {
            CountDownLatch opened = new CountDownLatch(1);
            shut = opened;
            GlobalEventExecutor.INSTANCE.execute(() -> awaitUninterruptibly(opened));
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        boolean interrupted = false;
        for (; ; ) {
            try {
                latch.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    boolean isShut() {
        return shut != null;
    }

    /** Has done what waits. */
    void open(Runnable meanwhile) {
        if (shut != null) {
            shut.countDown();
            shut = null;
            await(GlobalEventExecutor.INSTANCE.submit(() -> {}), meanwhile);
        }
    }

    /** Has done what waits, and what the library tries again after a while. */
    void openForAWhile(Runnable meanwhile) {
        boolean wasShut = isShut();
        open(meanwhile);
        await(
                GlobalEventExecutor.INSTANCE.schedule(() -> {}, LONGER_THAN_A_RETRY_MILLIS, TimeUnit.MILLISECONDS),
                meanwhile);
        if (wasShut) {
            shut();
        }
    }

    private static void await(Future<?> done, Runnable meanwhile) {
        while (!done.isDone()) {
            meanwhile.run();
            Await.pause(PAUSE_NANOS);
        }
    }
}
