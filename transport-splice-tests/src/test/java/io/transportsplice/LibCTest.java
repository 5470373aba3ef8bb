// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LibCTest {
    private static final int O_CLOEXEC = 02000000;
    private static final int O_NONBLOCK = 04000;

    private final FakeKernel kernel = new FakeKernel();
    private final LibC libc = new LibC(kernel);

    @Test
    void shouldRepeatWhatASignalInterrupted() {
        int source = kernel.socket(new byte[] {1, 2, 3}, false, 0);
        int sink = kernel.socket(new byte[0], false, 100);
        kernel.failing("splice", LibC.EINTR, LibC.EINTR, LibC.EINTR);
        assertEquals(3, libc.splice(source, sink, 10));
        assertArrayEquals(new byte[] {1, 2, 3}, kernel.written(sink));
    }

    @Test
    void shouldCountBytesOnceWhenAReadIsInterrupted() {
        int source = kernel.socket(new byte[] {1, 2, 3}, false, 0);
        kernel.failing("read", LibC.EINTR);
        ByteBuffer into = ByteBuffer.allocateDirect(3);
        assertEquals(3, libc.read(source, into));
        assertEquals(3, into.get(2));
        assertEquals(0, into.position(), "the caller's to move");
    }

    @Test
    void shouldTellTheEndFromNothingThereFromAnError() {
        int sink = kernel.socket(new byte[0], false, 100);
        assertEquals(0, libc.splice(kernel.socket(new byte[0], true, 0), sink, 10));
        assertEquals(-LibC.EAGAIN, libc.splice(kernel.socket(new byte[0], false, 0), sink, 10));
        kernel.failing("splice", LibC.EINVAL);
        assertEquals(-LibC.EINVAL, libc.splice(kernel.socket(new byte[] {1}, false, 0), sink, 10));
    }

    @Test
    void shouldNotRepeatACloseThatFailed() {
        int fd = kernel.socket(new byte[0], false, 0);
        kernel.failing("close", LibC.EINTR);
        assertEquals(-LibC.EINTR, libc.close(fd)); // a second close would be an AssertionError of the kernel
    }

    @Test
    void shouldSortErrorsByWhetherTheConnectionIsToBlame() {
        for (int errno : List.of(LibC.EINVAL, LibC.ENOSYS, LibC.EOPNOTSUPP, LibC.EPERM, LibC.ENOMEM, LibC.ENOBUFS)) {
            assertTrue(LibC.isRefusal(errno), () -> "errno " + errno);
        }
        for (int errno : List.of(LibC.EAGAIN, LibC.EPIPE, LibC.ECONNRESET, LibC.EMFILE)) {
            assertFalse(LibC.isRefusal(errno), () -> "errno " + errno);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldMakePipesThatNoChildInheritsAndNobodyBlocksOn(KernelAccess access) throws IOException {
        LibC real = new LibC(KernelAccessTest.require(access));
        int[] fds = new int[2];
        assertEquals(0, real.pipe(fds));
        try {
            for (int fd : fds) {
                int flags = flagsOf(fd);
                assertTrue((flags & O_CLOEXEC) != 0, "close-on-exec");
                assertTrue((flags & O_NONBLOCK) != 0, "non-blocking");
            }
            assertEquals(-LibC.EAGAIN, real.read(fds[0], ByteBuffer.allocateDirect(1)));
        } finally {
            real.close(fds[0]);
            real.close(fds[1]);
        }
        assertEquals(-9, real.close(fds[0]), "EBADF: closed before");
    }

    @ParameterizedTest
    @EnumSource
    void shouldTellTheCapacityThatAPipeReallyHas(KernelAccess access) {
        LibC real = new LibC(KernelAccessTest.require(access));
        int[] fds = new int[2];
        assertEquals(0, real.pipe(fds));
        try {
            int granted = real.setPipeCapacity(fds[1], 5000);
            assertTrue(granted >= 5000, () -> "granted " + granted);
            assertEquals(granted, real.pipeCapacity(fds[0]));
        } finally {
            real.close(fds[0]);
            real.close(fds[1]);
        }
    }

    private static int flagsOf(int fd) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/fdinfo/" + fd))) {
            if (line.startsWith("flags:")) {
                return Integer.parseInt(line.substring("flags:".length()).trim(), 8);
            }
        }
        throw new AssertionError("no flags of fd " + fd);
    }
}
