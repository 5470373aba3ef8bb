// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import java.nio.ByteBuffer;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.ffi.annotations.In;
import jnr.ffi.annotations.Out;
import jnr.ffi.types.off_t;
import jnr.ffi.types.size_t;

/**
 * The kernel, by jnr-ffi. The only file that knows it, so that none of its classes is loaded where this one is not used.
 */
final class JnrKernel implements Kernel {
    private static final Pointer NOWHERE = null; // where the other end has no offsets

    // Or else a failure to load comes with the first call, as whatever that call throws.
    private final Functions libc =
            LibraryLoader.create(Functions.class).failImmediately().load("c");
    private final Runtime runtime = Runtime.getRuntime(libc);

    @Override
    public int pipe2(int[] fds, int flags) {
        return libc.pipe2(fds, flags);
    }

    @Override
    public long splice(int in, int out, long length, int flags) {
        return libc.splice(in, null, out, NOWHERE, length, flags);
    }

    @Override
    public long tee(int in, int out, long length, int flags) {
        return libc.tee(in, out, length, flags);
    }

    @Override
    public long read(int fd, ByteBuffer into, long length) {
        return libc.read(fd, into, length);
    }

    @Override
    public long splice(int in, int file, long offset, long length, int flags) {
        return libc.splice(in, null, file, new long[] {offset}, length, flags);
    }

    @Override
    public long pwrite(int fd, ByteBuffer from, long length, long offset) {
        return libc.pwrite(fd, from, length, offset);
    }

    @Override
    public int fcntl(int fd, int command, int argument) {
        return libc.fcntl(fd, command, argument);
    }

    @Override
    public int ioctl(int fd, long request, int[] answer) {
        return libc.ioctl(fd, request, answer);
    }

    @Override
    public int close(int fd) {
        return libc.close(fd);
    }

    @Override
    public int errno() {
        return runtime.getLastError();
    }

    /**
     * What jnr-ffi implements; public because its generated code must see it. jnr-posix declares neither splice nor
     * pipe2, and its {@code fcntl(int, Fcntl, int...)} drops the argument.
     */
    public interface Functions {
        int pipe2(@Out int[] fds, int flags);

        long splice(int in, Pointer offsetIn, int out, Pointer offsetOut, @size_t long length, int flags);

        long splice(int in, Pointer offsetIn, int out, @In long[] offsetOut, @size_t long length, int flags);

        long tee(int in, int out, @size_t long length, int flags);

        long pwrite(int fd, @In ByteBuffer from, @size_t long length, @off_t long offset);

        long read(int fd, @Out ByteBuffer into, @size_t long length);

        int fcntl(int fd, int command, int argument);

        int ioctl(int fd, long request, @Out int[] answer);

        int close(int fd);
    }
}
