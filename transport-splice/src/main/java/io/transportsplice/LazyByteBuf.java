// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.AbstractReferenceCountedByteBuf;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.ScatteringByteChannel;

/**
 * A direct buffer whose memory comes into being when somebody first looks at it: {@link #content()} is asked by whatever
 * reads or changes a byte, and by nothing else. Size, indices, reference count and kind are known without it.
 */
abstract class LazyByteBuf extends AbstractReferenceCountedByteBuf {

    private final DirectMemory memory;
    private int capacity;

    /** It can be appended to, as can whatever Netty reads. The memory is of the kind that the content will have. */
    LazyByteBuf(DirectMemory memory, int capacity) {
        super(Integer.MAX_VALUE);
        this.memory = memory;
        this.capacity = capacity;
        setIndex(0, capacity);
    }

    /** The bytes: a direct buffer in which each has the index that it has here. */
    abstract ByteBuf content();

    // Nobody looks.

    @Override
    public int capacity() {
        return capacity;
    }

    @Override
    public ByteBufAllocator alloc() {
        return memory.alloc();
    }

    @Override
    @Deprecated
    @SuppressWarnings("InlineMeSuggester") // it is Netty's to deprecate
    public ByteOrder order() {
        return ByteOrder.BIG_ENDIAN;
    }

    @Override
    public ByteBuf unwrap() {
        return null;
    }

    @Override
    public boolean isDirect() {
        return true;
    }

    @Override
    public boolean isContiguous() {
        return true;
    }

    @Override
    public int nioBufferCount() {
        return 1;
    }

    @Override
    public boolean hasMemoryAddress() {
        return memory.hasAddress();
    }

    @Override
    public boolean hasArray() {
        return false;
    }

    @Override
    public byte[] array() {
        throw new UnsupportedOperationException("direct buffer");
    }

    @Override
    public int arrayOffset() {
        throw new UnsupportedOperationException("direct buffer");
    }

    // Somebody looks. The content checks indices and that it has not been released.

    @Override
    public ByteBuf capacity(int newCapacity) {
        checkNewCapacity(newCapacity);
        if (newCapacity != capacity) {
            content().capacity(newCapacity);
            trimIndicesToCapacity(newCapacity);
            capacity = newCapacity;
        }
        return this;
    }

    @Override
    public long memoryAddress() {
        return content().memoryAddress();
    }

    @Override
    public ByteBuffer nioBuffer(int index, int length) {
        return content().nioBuffer(index, length);
    }

    @Override
    public ByteBuffer internalNioBuffer(int index, int length) {
        return content().internalNioBuffer(index, length);
    }

    @Override
    public ByteBuffer[] nioBuffers(int index, int length) {
        return new ByteBuffer[] {nioBuffer(index, length)};
    }

    @Override
    public ByteBuf copy(int index, int length) {
        return content().copy(index, length);
    }

    @Override
    protected byte _getByte(int index) {
        return content().getByte(index);
    }

    @Override
    protected short _getShort(int index) {
        return content().getShort(index);
    }

    @Override
    protected short _getShortLE(int index) {
        return content().getShortLE(index);
    }

    @Override
    protected int _getUnsignedMedium(int index) {
        return content().getUnsignedMedium(index);
    }

    @Override
    protected int _getUnsignedMediumLE(int index) {
        return content().getUnsignedMediumLE(index);
    }

    @Override
    protected int _getInt(int index) {
        return content().getInt(index);
    }

    @Override
    protected int _getIntLE(int index) {
        return content().getIntLE(index);
    }

    @Override
    protected long _getLong(int index) {
        return content().getLong(index);
    }

    @Override
    protected long _getLongLE(int index) {
        return content().getLongLE(index);
    }

    @Override
    protected void _setByte(int index, int value) {
        content().setByte(index, value);
    }

    @Override
    protected void _setShort(int index, int value) {
        content().setShort(index, value);
    }

    @Override
    protected void _setShortLE(int index, int value) {
        content().setShortLE(index, value);
    }

    @Override
    protected void _setMedium(int index, int value) {
        content().setMedium(index, value);
    }

    @Override
    protected void _setMediumLE(int index, int value) {
        content().setMediumLE(index, value);
    }

    @Override
    protected void _setInt(int index, int value) {
        content().setInt(index, value);
    }

    @Override
    protected void _setIntLE(int index, int value) {
        content().setIntLE(index, value);
    }

    @Override
    protected void _setLong(int index, long value) {
        content().setLong(index, value);
    }

    @Override
    protected void _setLongLE(int index, long value) {
        content().setLongLE(index, value);
    }

    @Override
    public ByteBuf getBytes(int index, ByteBuf dst, int dstIndex, int length) {
        content().getBytes(index, dst, dstIndex, length);
        return this;
    }

    @Override
    public ByteBuf getBytes(int index, byte[] dst, int dstIndex, int length) {
        content().getBytes(index, dst, dstIndex, length);
        return this;
    }

    @Override
    public ByteBuf getBytes(int index, ByteBuffer dst) {
        content().getBytes(index, dst);
        return this;
    }

    @Override
    public ByteBuf getBytes(int index, OutputStream out, int length) throws IOException {
        content().getBytes(index, out, length);
        return this;
    }

    @Override
    public int getBytes(int index, GatheringByteChannel out, int length) throws IOException {
        return content().getBytes(index, out, length);
    }

    @Override
    public int getBytes(int index, FileChannel out, long position, int length) throws IOException {
        return content().getBytes(index, out, position, length);
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // equals() would compare bytes
    public ByteBuf setBytes(int index, ByteBuf src, int srcIndex, int length) {
        ByteBuf bytes = content();
        bytes.setBytes(index, src == this ? bytes : src, srcIndex, length);
        return this;
    }

    @Override
    public ByteBuf setBytes(int index, byte[] src, int srcIndex, int length) {
        content().setBytes(index, src, srcIndex, length);
        return this;
    }

    @Override
    public ByteBuf setBytes(int index, ByteBuffer src) {
        content().setBytes(index, src);
        return this;
    }

    @Override
    public int setBytes(int index, InputStream in, int length) throws IOException {
        return content().setBytes(index, in, length);
    }

    @Override
    public int setBytes(int index, ScatteringByteChannel in, int length) throws IOException {
        return content().setBytes(index, in, length);
    }

    @Override
    public int setBytes(int index, FileChannel in, long position, int length) throws IOException {
        return content().setBytes(index, in, position, length);
    }
}
