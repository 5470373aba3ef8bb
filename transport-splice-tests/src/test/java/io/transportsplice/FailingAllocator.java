// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.internal.PlatformDependent;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** Netty's, which may be out of memory, or refuse. */
final class FailingAllocator extends PooledByteBufAllocator {
    /** Null unless it is to fail once. */
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    /** Null until it refuses. */
    private volatile Throwable refusal;

    private final AtomicInteger largest = new AtomicInteger();

    FailingAllocator() {
        super(true);
    }

    void failOnce() {
        failOnce(new OutOfMemoryError("asked for by the test"));
    }

    void failOnce(Throwable reason) {
        failure.set(reason);
    }

    /** From here on, by an exception. */
    void refuse() {
        refuse(new IllegalStateException("asked for by the test"));
    }

    void refuse(Throwable reason) {
        refusal = reason;
    }

    /** The most that was asked for at once. */
    int largest() {
        return largest.get();
    }

    @Override
    protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
        Throwable reason = failure.getAndSet(null);
        if (reason == null) {
            reason = refusal;
        }
        if (reason != null) {
            PlatformDependent.throwException(reason);
        }
        largest.accumulateAndGet(initialCapacity, Math::max);
        return super.newDirectBuffer(initialCapacity, maxCapacity);
    }
}
