// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledDirectByteBuf;
import io.netty.buffer.UnpooledHeapByteBuf;
import io.netty.util.ResourceLeakDetector;

/** Whose memory bytes in a pipe become when somebody looks. */
@SuppressWarnings("ImmutableEnumChecker") // an allocator stays what it is
enum BufferAllocation {
    POOLED(new PooledByteBufAllocator(true)),
    UNPOOLED(new UnpooledByteBufAllocator(true)),
    ADAPTIVE(new AdaptiveByteBufAllocator(true)),
    WITHOUT_ADDRESSES(new Addressless());

    /** It tracks no leaks, so that a buffer is itself and no wrapper. */
    static final ByteBufAllocator ORDINARY = new UnpooledByteBufAllocator(true, true);

    private final ByteBufAllocator allocator;

    BufferAllocation(ByteBufAllocator allocator) {
        this.allocator = allocator;
    }

    ByteBufAllocator allocator() {
        return allocator;
    }

    /** The ordinary buffer to compare with. */
    ByteBuf yardstick(byte[] content) {
        ByteBufAllocator alloc = this == WITHOUT_ADDRESSES ? allocator : ORDINARY;
        return alloc.directBuffer(content.length).writeBytes(content);
    }

    /** One that leaves all checks to the JDK. */
    static ByteBuf withoutUnsafe(byte[] content) {
        return new UnpooledDirectByteBuf(ORDINARY, content.length, Integer.MAX_VALUE).writeBytes(content);
    }

    /** Not the yardstick, because buffers out of pools count the owners of a slice apart from their own. */
    ByteBuf ofOwnKind(byte[] content) {
        ResourceLeakDetector.Level level = ResourceLeakDetector.getLevel();
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED); // itself again
        try {
            return allocator.directBuffer(content.length).writeBytes(content);
        } finally {
            ResourceLeakDetector.setLevel(level);
        }
    }

    /** As without Unsafe, on a JVM that has it. */
    private static final class Addressless extends AbstractByteBufAllocator {
        @Override
        protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
            return new UnpooledHeapByteBuf(this, initialCapacity, maxCapacity);
        }

        @Override
        protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
            return new UnpooledDirectByteBuf(this, initialCapacity, maxCapacity) {
                @Override
                public boolean hasMemoryAddress() {
                    return false;
                }

                @Override
                public long memoryAddress() {
                    ensureAccessible();
                    throw new UnsupportedOperationException("as if there were no Unsafe");
                }
            };
        }

        @Override
        public boolean isDirectBufferPooled() {
            return false;
        }
    }
}
