// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import java.nio.ByteBuffer;

/**
 * The kernel's bare answers: {@code -1} and an errno on failure. Any thread. {@link KernelAccess} has the real ones;
 * tests put a script in their place.
 */
interface Kernel {
    int pipe2(int[] fds, int flags);

    long splice(int in, int out, long length, int flags);

    /** Between two pipes. */
    long tee(int in, int out, long length, int flags);

    /** Into a file, at an offset. */
    long splice(int in, int file, long offset, long length, int flags);

    /** Into the remaining space of a direct buffer, whose position stays. */
    long read(int fd, ByteBuffer into, long length);

    /** From the remaining space of a direct buffer, whose position stays. */
    long pwrite(int fd, ByteBuffer from, long length, long offset);

    int fcntl(int fd, int command, int argument);

    int ioctl(int fd, long request, int[] answer);

    int close(int fd);

    /** The errno of the call that this thread made last, and that failed. */
    int errno();
}
