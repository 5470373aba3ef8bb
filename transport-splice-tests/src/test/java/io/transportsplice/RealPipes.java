// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.unix.FileDescriptor;
import io.transportsplice.PipeByteBuf.Fate;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Makes {@link PipeByteBuf}s over pipes of the kernel's, without any channel, and is the home of their pipes. */
final class RealPipes implements PipeByteBuf.Home {

    private final LibC libc;
    private final List<Fate> fates = new CopyOnWriteArrayList<>();
    private int wakeUps;

    RealPipes() {
        this(Availability.LIBC);
    }

    /** With some other kernel behind the pipes, which must be a real one to those that fail nothing. */
    RealPipes(LibC libc) {
        this.libc = libc;
    }

    PipeByteBuf buffer(ByteBufAllocator alloc, byte... content) throws IOException {
        return new PipeByteBuf(filled(content), this, DirectMemory.of(alloc));
    }

    private Pipe filled(byte[] content) throws IOException {
        Pipe feeder = open();
        ByteBuffer bytes = ByteBuffer.allocateDirect(content.length).put(0, content);
        assertEquals(content.length, new FileDescriptor(feeder.writeFd).write(bytes, 0, content.length));
        Pipe pipe = open();
        assertEquals(content.length, pipe.fill(feeder.readFd, content.length));
        feeder.close();
        return pipe;
    }

    Pipe open() {
        int[] fds = new int[2];
        assertEquals(0, libc.pipe(fds));
        return new Pipe(libc, fds[0], fds[1]);
    }

    /** What a sink would get of a buffer that has been taken. */
    byte[] drain(Pipe taken, int bytes) {
        Pipe sink = open();
        ByteBuffer drained = ByteBuffer.allocateDirect(bytes);
        assertEquals(bytes, taken.drain(sink.writeFd));
        assertEquals(bytes, libc.read(sink.readFd, drained));
        sink.close();
        byte[] content = new byte[bytes];
        drained.get(content);
        return content;
    }

    /** What became of those that came home, in that order. */
    List<Fate> fates() {
        return fates;
    }

    /** How often a source was told that it need not wait. */
    int wakeUps() {
        return wakeUps;
    }

    @Override
    public void returned(PipeByteBuf buffer, Pipe pipe, Fate fate) {
        fates.add(fate);
        pipe.close();
    }

    @Override
    public void lookedInVain(PipeByteBuf buffer) {
        // who looked has it still
    }

    @Override
    public void waitsNoMore() {
        wakeUps++;
    }
}
