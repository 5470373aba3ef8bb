// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.netty.buffer.ByteBuf;
import org.junit.jupiter.api.Test;

class DirectMemoryTest {

    /** It would be thrown into the event loop, where splicing needs no memory. */
    @Test
    void shouldPromiseNothingOfAnAllocatorThatHasNothingLeftAndAskItAgain() {
        FailingAllocator allocator = new FailingAllocator();
        allocator.failOnce();
        assertFalse(DirectMemory.of(allocator).hasAddress());
        boolean hasAddress = DirectMemory.of(allocator).hasAddress();
        ByteBuf buffer = allocator.directBuffer(1);
        assertEquals(buffer.hasMemoryAddress(), hasAddress);
        buffer.release();
    }
}
