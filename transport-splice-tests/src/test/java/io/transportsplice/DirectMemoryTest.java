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
        DirectMemory unknown = DirectMemory.of(allocator);
        assertFalse(unknown.hasAddress());
        boolean hasAddress = unknown.as(allocator).hasAddress();
        ByteBuf buffer = allocator.directBuffer(1);
        assertEquals(buffer.hasMemoryAddress(), hasAddress);
        buffer.release();
    }
}
