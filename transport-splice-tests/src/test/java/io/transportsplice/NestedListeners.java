// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;

/** Listeners that are told by listeners, so deep that Netty tells the next one by a task. */
final class NestedListeners {
    private static final int DEPTH = 8;

    private NestedListeners() {}

    /** Runs something in the innermost, before it returns. To be called on that executor. */
    static void run(EventExecutor executor, Runnable innermost) {
        run(executor, innermost, DEPTH);
    }

    private static void run(EventExecutor executor, Runnable innermost, int depth) {
        if (depth == 0) {
            innermost.run();
            return;
        }
        Promise<Void> promise = executor.newPromise();
        promise.addListener(done -> run(executor, innermost, depth - 1));
        promise.setSuccess(null);
    }
}
