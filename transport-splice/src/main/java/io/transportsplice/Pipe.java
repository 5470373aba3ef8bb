// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;

/**
 * A kernel pipe and the bytes inside. It is filled only when it is empty, and it alone counts its bytes; all meaning of
 * errnos follows from that: would-block on {@link #fill} is "the source is empty", 0 on {@code fill} is "end of the
 * source", would-block on {@link #drain} is "the sink is full". Whether it is full cannot be told from its bytes: the
 * limit is slots, one for each fragment, be it of 1 byte or of 32 KiB (pipe(7)).
 *
 * <p>Used by one thread at a time: the source's event loop until its buffer leaves it, then whoever owns that buffer.
 */
final class Pipe implements AutoCloseable {

    private static final Cleaner CLEANER = Cleaner.create();

    private final LibC libc;
    final int readFd;
    final int writeFd;
    private Cleaner.Cleanable ends;
    private long bytes;
    private boolean closed;

    Pipe(LibC libc, int readFd, int writeFd) {
        this.libc = libc;
        this.readFd = readFd;
        this.writeFd = writeFd;
        ends = ends(libc, readFd, writeFd);
    }

    /** Nothing can be done about a failure, and none is known: both numbers are ours and open. */
    private static Cleaner.Cleanable ends(LibC libc, int readFd, int writeFd) {
        return () -> {
            libc.close(readFd);
            libc.close(writeFd);
        };
    }

    /**
     * Has it closed, too, once nobody can reach it, as Go does: a buffer that is never released shall not cost descriptors.
     * That is not within a call, as whoever makes one needs the pipe afterwards, if only to give it back.
     */
    Pipe closedWhenUnreachable() {
        Runnable close = ends::clean;
        ends = CLEANER.register(this, close);
        return this;
    }

    /** Moves up to {@code max} bytes from a socket: the number moved, 0 at the end of the input, or -errno. */
    long fill(int fd, long max) {
        assert bytes == 0 : bytes;
        assert !closed;
        long n = libc.splice(fd, writeFd, max);
        bytes = Math.max(n, 0);
        return n;
    }

    /** Moves bytes to a socket: the number moved, or -errno. Not to be called on an empty pipe. */
    long drain(int fd) {
        assert bytes > 0;
        assert !closed;
        return spliced(libc.splice(readFd, fd, bytes));
    }

    /** Moves bytes into a file, at an offset: the number moved, or -errno. May block. Not to be called on an empty pipe. */
    long drain(int fd, long offset) {
        assert bytes > 0;
        assert !closed;
        return spliced(libc.splice(readFd, fd, offset, bytes));
    }

    /** Gives an empty pipe the same bytes, by reference: the number given, which may be fewer, or -errno. */
    long tee(Pipe other) {
        assert bytes > 0;
        assert other.bytes == 0;
        long n = libc.tee(readFd, other.writeFd, bytes);
        other.bytes = Math.max(n, 0);
        return n;
    }

    /** Copies bytes to the remaining space of a direct buffer: the number copied, or -errno. */
    long read(ByteBuffer into) {
        assert bytes > 0;
        assert !closed;
        return took(libc.read(readFd, into));
    }

    private long spliced(long n) {
        if (n > 0) {
            Counters.BYTES_SPLICED.add(n);
        }
        return took(n);
    }

    private long took(long n) {
        bytes -= Math.max(n, 0);
        return n;
    }

    long bytes() {
        return bytes;
    }

    /** Gives the pipe and whatever it still holds back to the kernel. Idempotent. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            ends.clean();
        }
    }
}
