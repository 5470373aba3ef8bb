// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class PipeTest {
    private final FakeKernel kernel = new FakeKernel();
    private final LibC libc = new LibC(kernel);
    private final Pipe pipe = newPipe();

    private Pipe newPipe() {
        int[] fds = new int[2];
        assertEquals(0, libc.pipe(fds));
        return new Pipe(libc, fds[0], fds[1]);
    }

    @Test
    void shouldCountWhatIsInside() {
        int source = kernel.socket(new byte[] {1, 2, 3, 4, 5}, false, 0);
        int sink = kernel.socket(new byte[0], false, 2);
        assertEquals(5, pipe.fill(source, 100));
        assertEquals(5, pipe.bytes());
        assertEquals(2, pipe.drain(sink));
        assertEquals(3, pipe.bytes());
        ByteBuffer rest = ByteBuffer.allocateDirect(2);
        assertEquals(2, pipe.read(rest));
        assertEquals(3, rest.get(0));
        assertEquals(1, pipe.bytes());
        kernel.makeRoom(sink, 1);
        assertEquals(1, pipe.drain(sink));
        assertEquals(0, pipe.bytes());
        assertArrayEquals(new byte[] {1, 2, 5}, kernel.written(sink));
    }

    @Test
    void shouldKeepItsCountWhenNothingMoved() {
        int source = kernel.socket(new byte[] {1, 2, 3}, true, 0);
        assertEquals(3, pipe.fill(source, 100));
        assertEquals(-LibC.EAGAIN, pipe.drain(kernel.socket(new byte[0], false, 0)), "a full sink");
        kernel.failing("splice", LibC.EPIPE);
        assertEquals(-LibC.EPIPE, pipe.drain(kernel.socket(new byte[0], false, 10)));
        assertEquals(3, pipe.bytes());
    }

    @Test
    void shouldSayEndOfInputOnlyWhenTheSourceIsEmpty() {
        int source = kernel.socket(new byte[] {1}, true, 0);
        int sink = kernel.socket(new byte[0], false, 10);
        assertEquals(1, pipe.fill(source, 100));
        assertEquals(1, pipe.drain(sink));
        assertEquals(0, pipe.fill(source, 100));
        assertEquals(0, pipe.bytes());
    }

    @Test
    void shouldRefuseToBeFilledWhileItHoldsBytes() {
        int source = kernel.socket(new byte[] {1, 2}, false, 0);
        assertEquals(1, pipe.fill(source, 1));
        assertThrows(AssertionError.class, () -> pipe.fill(source, 1));
    }

    @Test
    void shouldCloseBothEndsOnce() {
        closesBothEndsOnce(pipe);
    }

    @Test
    void shouldCloseBothEndsOnceThoughWatched() {
        closesBothEndsOnce(pipe.closedWhenUnreachable());
    }

    private void closesBothEndsOnce(Pipe pipe) {
        int before = kernel.openFiles();
        pipe.close();
        assertEquals(before - 2, kernel.openFiles());
        pipe.close(); // the kernel would complain
    }
}
