// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.util.concurrent.ProgressiveFuture;
import io.netty.util.concurrent.ProgressivePromise;

/**
 * A number of bytes that are to travel as {@link LimitedBytes}, and how many of them have. Done when all have, or when no
 * more can come.
 *
 * <p>Confined to the event loop of its channel.
 */
final class SpliceLimit {

    private final long bytes;
    private final ProgressivePromise<Long> promise;
    private long moved;

    SpliceLimit(long bytes, ProgressivePromise<Long> promise) {
        this.bytes = bytes;
        this.promise = promise;
    }

    ProgressiveFuture<Long> future() {
        return promise;
    }

    long remaining() {
        return bytes - moved;
    }

    /** So many have been handed on, or are about to be. */
    void passed(long more) {
        moved += more;
        assert moved <= bytes : moved + " of " + bytes;
        promise.tryProgress(moved, bytes);
    }

    /** The stream ends here. */
    void succeed() {
        promise.trySuccess(moved);
    }

    void fail(Throwable cause) {
        promise.tryFailure(cause);
    }
}
