// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.channel.unix.FileDescriptor;
import io.transportsplice.testing.Baseline;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the kernel answers, and its errno, come through either way as they are. */
@ExtendWith(Baseline.class)
class KernelTest {
    private static final int EBADF = 9;
    private static final int O_NONBLOCK = 04000;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final long FIONREAD = 0x541B;
    private static final int SPLICE_F_NONBLOCK = 2;

    private Kernel kernel;
    private final int[] from = {-1, -1};
    private final int[] to = {-1, -1};

    private void open(KernelAccess access) {
        kernel = KernelAccessTest.require(access);
        assertEquals(0, kernel.pipe2(from, O_NONBLOCK));
        assertEquals(0, kernel.pipe2(to, O_NONBLOCK));
    }

    @AfterEach
    void close() {
        for (int[] pipe : new int[][] {from, to}) {
            for (int fd : pipe) {
                if (fd >= 0) {
                    kernel.close(fd);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldSpliceAndReadWhatWasWritten(KernelAccess access) throws IOException {
        open(access);
        write(1, 2, 3);
        assertEquals(3, kernel.splice(from[0], to[1], 100, SPLICE_F_NONBLOCK));
        ByteBuffer into = ByteBuffer.allocateDirect(8).position(2).limit(7);
        assertEquals(3, kernel.read(to[0], into, into.remaining()));
        byte[] bytes = new byte[8];
        into.clear().get(bytes);
        assertArrayEquals(new byte[] {0, 0, 1, 2, 3, 0, 0, 0}, bytes);
    }

    @ParameterizedTest
    @EnumSource
    void shouldTellTheEndFromNothingThere(KernelAccess access) throws IOException {
        open(access);
        assertEquals(-1, kernel.splice(from[0], to[1], 1, SPLICE_F_NONBLOCK));
        assertEquals(LibC.EAGAIN, kernel.errno());
        kernel.close(from[1]);
        from[1] = -1;
        assertEquals(0, kernel.splice(from[0], to[1], 1, SPLICE_F_NONBLOCK));
    }

    @ParameterizedTest
    @EnumSource
    void shouldTellOfAReaderThatIsGone(KernelAccess access) throws IOException {
        open(access);
        write(1);
        kernel.close(to[0]);
        to[0] = -1;
        assertEquals(-1, kernel.splice(from[0], to[1], 1, SPLICE_F_NONBLOCK));
        assertEquals(LibC.EPIPE, kernel.errno());
    }

    /** Both take what comes after their second argument as C passes variable arguments. */
    @ParameterizedTest
    @EnumSource
    void shouldHandOnVariableArguments(KernelAccess access) throws IOException {
        open(access);
        write(1, 2, 3);
        int[] answer = {-1};
        assertEquals(0, kernel.ioctl(from[0], FIONREAD, answer));
        assertEquals(3, answer[0]);
        assertEquals(0, kernel.fcntl(from[0], F_SETFL, 0));
        assertEquals(0, kernel.fcntl(from[0], F_GETFL, 0) & O_NONBLOCK);
        assertEquals(0, kernel.fcntl(from[0], F_SETFL, O_NONBLOCK));
        assertEquals(O_NONBLOCK, kernel.fcntl(from[0], F_GETFL, 0) & O_NONBLOCK);
    }

    @ParameterizedTest
    @EnumSource
    void shouldFailEachCallWithItsErrno(KernelAccess access) throws IOException {
        open(access);
        assertEquals(-1, kernel.pipe2(new int[2], -1));
        assertEquals(LibC.EINVAL, kernel.errno());
        assertEquals(-1, kernel.splice(-1, to[1], 1, 0));
        assertEquals(EBADF, kernel.errno());
        assertEquals(-1, kernel.read(from[0], ByteBuffer.allocateDirect(1), 1));
        assertEquals(LibC.EAGAIN, kernel.errno());
        assertEquals(-1, kernel.fcntl(-1, F_GETFL, 0));
        assertEquals(EBADF, kernel.errno());
        assertEquals(-1, kernel.fcntl(from[0], -1, 0));
        assertEquals(LibC.EINVAL, kernel.errno());
        assertEquals(-1, kernel.ioctl(-1, FIONREAD, new int[1]));
        assertEquals(EBADF, kernel.errno());
        assertEquals(-1, kernel.close(-1));
        assertEquals(EBADF, kernel.errno());
    }

    @ParameterizedTest
    @EnumSource
    void shouldKeepAnErrnoForEachThread(KernelAccess access) throws Exception {
        open(access);
        assertEquals(-1, kernel.close(-1));
        CompletableFuture<Integer> other = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            kernel.read(from[0], ByteBuffer.allocateDirect(1), 1);
            other.complete(kernel.errno());
        });
        thread.start();
        thread.join();
        assertEquals(LibC.EAGAIN, other.join());
        assertEquals(EBADF, kernel.errno());
    }

    private void write(int... bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(bytes.length);
        for (int value : bytes) {
            buffer.put((byte) value);
        }
        new FileDescriptor(from[1]).write(buffer, 0, bytes.length);
    }
}
