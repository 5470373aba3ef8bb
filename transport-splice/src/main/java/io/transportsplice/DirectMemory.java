package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** What an allocator's direct buffers are like: asked once, as a rule. */
record DirectMemory(ByteBufAllocator alloc, boolean hasAddress) {

    private static volatile DirectMemory last = new DirectMemory(null, false);

    static DirectMemory last() {
        return last;
    }

    static DirectMemory of(ByteBufAllocator alloc) {
        DirectMemory known = last;
        if (known.alloc != alloc) {
            ByteBuf buffer = alloc.directBuffer(1);
            known = new DirectMemory(alloc, buffer.hasMemoryAddress());
            buffer.release();
            last = known;
        }
        return known;
    }
}
