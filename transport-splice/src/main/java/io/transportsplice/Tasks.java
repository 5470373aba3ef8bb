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

    static void execute(EventExecutor loop, Runnable task, Runnable ifEnded) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException e) {
            if (loop.isShutdown()) {
                ifEnded.run();
            } else {
                GlobalEventExecutor.INSTANCE.schedule(
                        () -> execute(loop, task, ifEnded), RETRY_MILLIS, TimeUnit.MILLISECONDS);
            }
        }
    }
}
