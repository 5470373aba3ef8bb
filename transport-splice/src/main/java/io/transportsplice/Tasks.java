// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** Tasks for event loops that must not get lost. Any thread. */
final class Tasks {

    private static final long RETRY_MILLIS = 1;

    private Tasks() {}

    /** Runs a task on a loop, at once if this is its thread. A full task queue is not the end of a loop: it tries again. */
    static void run(EventExecutor loop, Runnable task, Runnable ifEnded) {
        if (loop.inEventLoop()) {
            task.run();
        } else {
            execute(loop, task, ifEnded);
        }
    }

    /**
     * Runs the first as a task of the loop, or the second once the loop's thread is done with everything: never both, never
     * neither, and not at the same time as the loop's last tasks.
     */
    static void execute(EventExecutor loop, Runnable task, Runnable ifEnded) {
        Tried tried = new Tried(task);
        try {
            loop.execute(tried);
        } catch (RejectedExecutionException e) {
            if (!loop.isShutdown()) {
                GlobalEventExecutor.INSTANCE.schedule(
                        () -> execute(loop, task, ifEnded), RETRY_MILLIS, TimeUnit.MILLISECONDS);
                return;
            }
        }
        // In its last moment Netty's loop may take a task and drop it: its queue gives none back.
        if (loop.isTerminated()) {
            tried.orElse(ifEnded);
        } else if (loop.isShutdown()) {
            loop.terminationFuture().addListener(ended -> tried.orElse(ifEnded));
        }
    }

    /** A task that its loop may drop. Used by the loop's thread, and by another once that has ended. */
    private static final class Tried implements Runnable {
        private final Runnable task;
        private boolean begun;

        Tried(Runnable task) {
            this.task = task;
        }

        @Override
        public void run() {
            begun = true;
            task.run();
        }

        void orElse(Runnable ifEnded) {
            if (!begun) {
                ifEnded.run();
            }
        }
    }
}
