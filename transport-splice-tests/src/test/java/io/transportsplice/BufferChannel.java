// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBufUtil;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.ScatteringByteChannel;

/** A channel in memory: it gives what it was made with, and takes up to a bound. */
final class BufferChannel implements GatheringByteChannel, ScatteringByteChannel {
    private final ByteBuffer input;
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private int appetite;

    BufferChannel(byte[] input, int appetite) {
        this.input = ByteBuffer.wrap(input);
        this.appetite = appetite;
    }

    /** From here on. */
    void appetite(int bytes) {
        appetite = bytes;
    }

    byte[] taken() {
        return output.toByteArray();
    }

    int takenBytes() {
        return output.size();
    }

    @Override
    public int write(ByteBuffer from) {
        int n = Math.min(appetite, from.remaining());
        byte[] bytes = new byte[n];
        from.get(bytes);
        output.writeBytes(bytes);
        appetite -= n;
        return n;
    }

    @Override
    public int read(ByteBuffer into) {
        if (!input.hasRemaining()) {
            return -1;
        }
        int n = Math.min(input.remaining(), into.remaining());
        into.put(input.slice().limit(n));
        input.position(input.position() + n);
        return n;
    }

    @Override
    public long write(ByteBuffer[] from, int offset, int length) {
        long n = 0;
        for (int i = offset; i < offset + length; i++) {
            n += write(from[i]);
        }
        return n;
    }

    @Override
    public long write(ByteBuffer[] from) {
        return write(from, 0, from.length);
    }

    @Override
    public long read(ByteBuffer[] into, int offset, int length) {
        long n = 0;
        for (int i = offset; i < offset + length && input.hasRemaining(); i++) {
            n += read(into[i]);
        }
        return n == 0 ? -1 : n;
    }

    @Override
    public long read(ByteBuffer[] into) {
        return read(into, 0, into.length);
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() {
        // nothing to close
    }

    @Override
    public String toString() {
        return ByteBufUtil.hexDump(taken()) + '/' + input.remaining();
    }
}
