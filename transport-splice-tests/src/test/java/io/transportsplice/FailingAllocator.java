// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.concurrent.atomic.AtomicBoolean;

/** Netty's, which may be out of memory. */
final class FailingAllocator extends PooledByteBufAllocator {
    private final AtomicBoolean fails = new AtomicBoolean();

    FailingAllocator() {
        super(true);
    }

    void failOnce() {
        fails.set(true);
    }

    @Override
    protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
        if (fails.compareAndSet(true, false)) {
            throw new OutOfMemoryError("asked for by the test");
        }
        return super.newDirectBuffer(initialCapacity, maxCapacity);
    }
}
