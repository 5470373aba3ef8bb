// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.util.concurrent.DefaultProgressivePromise;
import io.netty.util.concurrent.EventExecutor;
import java.util.function.Supplier;

/**
 * A number of bytes that are to pass, and how many of them have. Done when all have, or when no more can come. Tells its
 * listeners on the event loop where its channel is by then: where it began may have ended.
 *
 * <p>May be waited for, and cancelled, by any thread; counted on the event loop of its channel.
 */
final class BytesPromise extends DefaultProgressivePromise<Long> {

    private final Supplier<EventExecutor> executor;
    private final long bytes;
    private long passed;

    BytesPromise(long bytes, Supplier<EventExecutor> executor) {
        this.executor = executor;
        this.bytes = bytes;
    }

    @Override
    protected EventExecutor executor() {
        return executor.get();
    }

    long remaining() {
        return bytes - passed;
    }

    /** So many have been handed on, or are about to be: nobody is told yet. */
    void passed(long more) {
        passed += more;
    }

    /** Tells how many. Whoever is told may cancel it. */
    void progress() {
        tryProgress(passed, bytes);
    }

    /** No more come. */
    void succeed() {
        trySuccess(passed);
    }
}
