// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** What an allocator's direct buffers are like, if that is known: asked once, as a rule. */
record DirectMemory(ByteBufAllocator alloc, boolean hasAddress, boolean isKnown) {

    private static volatile DirectMemory last = new DirectMemory(null, false, false);

    static DirectMemory last() {
        return last;
    }

    /** The same, unless the allocator is another. */
    DirectMemory as(ByteBufAllocator allocator) {
        return isKnown && alloc == allocator ? this : of(allocator);
    }

    /** Of one that has no memory to show, or refuses, nothing is known until it is asked again: splicing needs none. */
    static DirectMemory of(ByteBufAllocator alloc) {
        DirectMemory known = last;
        if (known.alloc == alloc) {
            return known;
        }
        try {
            ByteBuf buffer = alloc.directBuffer(1);
            known = new DirectMemory(alloc, buffer.hasMemoryAddress(), true);
            buffer.release();
            last = known;
            return known;
        } catch (Throwable e) { // whoever looks at the bytes asks again, and is told
            return new DirectMemory(alloc, false, false);
        }
    }
}
