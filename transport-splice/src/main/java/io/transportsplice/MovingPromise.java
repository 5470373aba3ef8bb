// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.util.concurrent.DefaultProgressivePromise;
import io.netty.util.concurrent.EventExecutor;
import java.util.function.Supplier;

/** Tells its listeners on the event loop where its channel is by then: where it began may have ended. Any thread. */
final class MovingPromise extends DefaultProgressivePromise<Long> {

    private final Supplier<EventExecutor> executor;

    MovingPromise(Supplier<EventExecutor> executor) {
        this.executor = executor;
    }

    @Override
    protected EventExecutor executor() {
        return executor.get();
    }
}
