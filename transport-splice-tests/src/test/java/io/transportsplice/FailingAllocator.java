// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.internal.PlatformDependent;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Netty's, which may be out of memory, or refuse. */
final class FailingAllocator extends PooledByteBufAllocator {
    private final AtomicBoolean fails = new AtomicBoolean();
    /** Null until it refuses. */
    private volatile Throwable refusal;

    private final AtomicInteger largest = new AtomicInteger();

    FailingAllocator() {
        super(true);
    }

    void failOnce() {
        fails.set(true);
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
        if (fails.compareAndSet(true, false)) {
            throw new OutOfMemoryError("asked for by the test");
        }
        if (refusal != null) {
            PlatformDependent.throwException(refusal);
        }
        largest.accumulateAndGet(initialCapacity, Math::max);
        return super.newDirectBuffer(initialCapacity, maxCapacity);
    }
}
