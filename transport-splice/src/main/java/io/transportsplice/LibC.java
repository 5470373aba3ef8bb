// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.unix.Errors;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The few system calls that splicing needs. They return a result {@code >= 0} or {@code -errno}, those that
 * may be interrupted retry {@code EINTR}, and none throws. Stateless, usable from any thread. How they are called is the {@link Kernel}'s to know.
 *
 * @param mostDescriptors pipes may have lower numbers than this one, and the rest is for sockets
 */
record LibC(Kernel kernel, int mostDescriptors) {

    // Linux gives these numbers on every architecture that Netty's native epoll transport supports (errno(3)).
    static final int EPERM = 1;
    static final int EINTR = 4;
    static final int EAGAIN = 11;
    static final int ENOMEM = 12;
    static final int EBUSY = 16;
    static final int EINVAL = 22;
    static final int ENFILE = 23;
    static final int EMFILE = 24;
    static final int EPIPE = 32;
    static final int ENOSYS = 38;
    static final int EOPNOTSUPP = 95;
    static final int ECONNRESET = 104;
    static final int ENOBUFS = 105;

    private static final int SPLICE_F_MOVE = 1;
    private static final int SPLICE_F_NONBLOCK = 2;
    private static final int O_NONBLOCK = 0x800;
    private static final int O_CLOEXEC = 0x80000;
    private static final int F_SETPIPE_SZ = 1031;
    private static final int F_GETPIPE_SZ = 1032;
    private static final long SIOCINQ = 0x541B;
    private static final long SIOCOUTQ = 0x5411;
    private static final long SIOCATMARK = 0x8905;

    LibC(Kernel kernel) {
        this(kernel, Integer.MAX_VALUE);
    }

    /**
     * pipe2(2) with {@code O_CLOEXEC | O_NONBLOCK}: Netty's own {@code FileDescriptor.pipe()} forgets the first where
     * it has no pipe2, and a child process that inherits a pipe keeps its bytes alive.
     */
    int pipe(int[] readAndWriteFd) {
        int result = (int) answer(kernel.pipe2(readAndWriteFd, O_CLOEXEC | O_NONBLOCK));
        if (result == 0 && readAndWriteFd[1] >= mostDescriptors) {
            close(readAndWriteFd[0]);
            close(readAndWriteFd[1]);
            return -EMFILE;
        }
        return result;
    }

    /**
     * splice(2), never blocking. No {@code SPLICE_F_MORE}: on the last piece of a stream it corks, a stall of 200 ms
     * (golang #10948).
     */
    long splice(int in, int out, long length) {
        long result;
        do {
            result = answer(kernel.splice(in, out, length, SPLICE_F_MOVE | SPLICE_F_NONBLOCK));
        } while (result == -EINTR);
        return result;
    }

    /** tee(2), from a pipe that has bytes into an empty one. */
    long tee(int in, int out, long length) {
        long result;
        do {
            result = answer(kernel.tee(in, out, length, SPLICE_F_NONBLOCK));
        } while (result == -EINTR);
        return result;
    }

    /** splice(2) from a pipe that has bytes into a file, at an offset: waits as a write to that file would. */
    long splice(int in, int file, long offset, long length) {
        long result;
        do {
            result = answer(kernel.splice(in, file, offset, length, SPLICE_F_MOVE | SPLICE_F_NONBLOCK));
        } while (result == -EINTR);
        return result;
    }

    /** read(2) into the remaining space of a direct buffer, whose position stays. */
    long read(int fd, ByteBuffer into) {
        long result;
        do {
            result = answer(kernel.read(fd, into, into.remaining()));
        } while (result == -EINTR);
        return result;
    }

    /** pwrite(2) of the remaining space of a direct buffer, whose position stays. */
    long write(int fd, ByteBuffer from, long offset) {
        long result;
        do {
            result = answer(kernel.pwrite(fd, from, from.remaining(), offset));
        } while (result == -EINTR);
        return result;
    }

    private long answer(long result) {
        return result >= 0 ? result : -kernel.errno();
    }

    /** {@code F_SETPIPE_SZ}: the capacity that the kernel really gave, in bytes. */
    int setPipeCapacity(int fd, int bytes) {
        return (int) answer(kernel.fcntl(fd, F_SETPIPE_SZ, bytes));
    }

    int pipeCapacity(int fd) {
        return (int) answer(kernel.fcntl(fd, F_GETPIPE_SZ, 0));
    }

    /** {@code SIOCOUTQ}: how many bytes a TCP socket was given that its far end has not acknowledged (tcp(7)). */
    int unsent(int fd) {
        return ask(fd, SIOCOUTQ);
    }

    /** {@code SIOCINQ}: how many bytes wait in a socket to be read (tcp(7), unix(7)). */
    int unread(int fd) {
        return ask(fd, SIOCINQ);
    }

    /** {@code SIOCATMARK}: whether the next byte of a TCP socket is urgent, before which splice(2) stops (tcp(7)). */
    boolean isAtUrgentMark(int fd) {
        return ask(fd, SIOCATMARK) == 1; // an error: of a kind of socket that does not know it
    }

    private int ask(int fd, long request) {
        int[] bytes = new int[1];
        int result = kernel.ioctl(fd, request, bytes);
        return result >= 0 ? bytes[0] : -kernel.errno();
    }

    /** close(2), which on Linux frees the number even where it fails with {@code EINTR}: never to be repeated. */
    int close(int fd) {
        return (int) answer(kernel.close(fd));
    }

    /**
     * Whether the error says "this cannot be spliced" (a socket type without splice, a kTLS control record, a seccomp
     * filter, no memory for it) and nothing about the connection: no byte has moved, and copying goes on.
     */
    static boolean isRefusal(int errno) {
        return errno == EINVAL || errno == EOPNOTSUPP || errno == ENOSYS || errno == EPERM || isOutOfMemory(errno);
    }

    static boolean isOutOfMemory(int errno) {
        return errno == ENOMEM || errno == ENOBUFS;
    }

    /** As Netty's own writes and reads fail. */
    static IOException newIOException(String call, int errno) {
        return Errors.newIOException(call, -errno);
    }
}
