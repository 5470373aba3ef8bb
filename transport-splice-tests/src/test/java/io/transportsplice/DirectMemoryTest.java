package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import org.junit.jupiter.api.Test;

class DirectMemoryTest {

    private static final class Exhausted extends PooledByteBufAllocator {
        private boolean exhausted = true;

        Exhausted() {
            super(true);
        }

        @Override
        protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
            if (exhausted) {
                throw new OutOfMemoryError("asked for by the test");
            }
            return super.newDirectBuffer(initialCapacity, maxCapacity);
        }
    }

    /** It would be thrown into the event loop, where splicing needs no memory. */
    @Test
    void shouldPromiseNothingOfAnAllocatorThatHasNothingLeftAndAskItAgain() {
        Exhausted allocator = new Exhausted();
        assertFalse(DirectMemory.of(allocator).hasAddress());
        allocator.exhausted = false;
        boolean hasAddress = DirectMemory.of(allocator).hasAddress();
        ByteBuf buffer = allocator.directBuffer(1);
        assertEquals(buffer.hasMemoryAddress(), hasAddress);
        buffer.release();
    }
}
