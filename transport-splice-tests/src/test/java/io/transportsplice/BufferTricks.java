// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;

/** What users do with buffers beyond their own methods, for {@link BufferCall}. */
final class BufferTricks {
    private BufferTricks() {}

    static ByteBuf inComposite(ByteBuf buffer) {
        return newComposite().addComponent(true, buffer.retain());
    }

    static ByteBuf betweenOthers(ByteBuf buffer) {
        return newComposite().addComponents(true, others(), buffer.retain(), others());
    }

    static ByteBuf flattened(ByteBuf buffer) {
        return newComposite().addComponent(true, others()).addFlattenedComponents(true, buffer.retain());
    }

    /** Without leak detection, which would call it leaked if its parts were released too often. */
    private static CompositeByteBuf newComposite() {
        return new CompositeByteBuf(BufferAllocation.ORDINARY, true, 16);
    }

    private static ByteBuf others() {
        return Unpooled.wrappedBuffer(new byte[] {1, 2, 3});
    }

    static ByteBuf wrapped(ByteBuf buffer) {
        return Unpooled.wrappedBuffer(buffer.retain());
    }

    static ByteBuf unreleasable(ByteBuf buffer) {
        return Unpooled.unreleasableBuffer(buffer);
    }

    /** {@code nioBuffer} is the buffer's own memory. */
    static void putThroughNioBuffer(ByteBuf buffer, int index, byte value) {
        buffer.nioBuffer(index, 1).put(0, value);
    }

    static void putThroughInternalNioBuffer(ByteBuf buffer, int index, byte value) {
        ByteBuffer memory = buffer.internalNioBuffer(index, 1);
        memory.put(memory.position(), value);
    }

    static int sumOfReadable(ByteBuf buffer) {
        int sum = 0;
        while (buffer.isReadable()) {
            sum += buffer.readByte();
        }
        return sum;
    }
}
