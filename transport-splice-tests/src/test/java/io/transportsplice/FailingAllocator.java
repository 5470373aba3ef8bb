// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.concurrent.atomic.AtomicBoolean;

/** Netty's, which may be out of memory, or refuse. */
final class FailingAllocator extends PooledByteBufAllocator {
    private final AtomicBoolean fails = new AtomicBoolean();
    private volatile boolean refuses;

    FailingAllocator() {
        super(true);
    }

    void failOnce() {
        fails.set(true);
    }

    /** From here on, by an exception. */
    void refuse() {
        refuses = true;
    }

    @Override
    protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
        if (fails.compareAndSet(true, false)) {
            throw new OutOfMemoryError("asked for by the test");
        }
        if (refuses) {
            throw new IllegalStateException("asked for by the test");
        }
        return super.newDirectBuffer(initialCapacity, maxCapacity);
    }
}
