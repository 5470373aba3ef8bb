// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.testing.Await;
import io.transportsplice.testing.Family;
import io.transportsplice.testing.Pattern;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What the code takes for granted of the kernel's sockets and pipes: docs/kernels.md says where, and on which kernels this
 * ran.
 */
@Timeout(60)
class KernelAssumptionsTest {
    private static final int PAGE = 4096;
    private static final int CAPACITY = 64 * 1024;
    private static final int MIB = 1024 * 1024;

    private final LibC libc = Availability.LIBC;
    private final Pattern pattern = new Pattern(1);
    private Pipe pipe = pipe(CAPACITY);
    private RawConnection connection;

    private Pipe pipe(int capacity) {
        int[] fds = new int[2];
        assertEquals(0, libc.pipe(fds));
        assertTrue(libc.setPipeCapacity(fds[1], capacity) >= capacity);
        return new Pipe(libc, fds[0], fds[1]);
    }

    private RawConnection connect(Family family) throws IOException {
        connection = new RawConnection(family);
        return connection;
    }

    @AfterEach
    void close() throws IOException {
        pipe.close();
        if (connection != null) {
            connection.close();
        }
    }

    private long fill() {
        return pipe.fill(connection.fd(), MIB);
    }

    private void awaitUnread(int bytes) {
        Await.until("bytes unread", () -> libc.unread(connection.fd()), unread -> unread == bytes);
    }

    private void awaitFilled(long expected) {
        Await.until("a fill says " + expected, this::fill, n -> n == expected);
    }

    private void empty() {
        ByteBuffer into = ByteBuffer.allocateDirect(MIB);
        while (pipe.bytes() > 0) {
            assertTrue(pipe.read(into) > 0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldSayWouldBlockOfASourceThatIsEmpty(Family family) throws IOException {
        connect(family);
        assertEquals(-LibC.EAGAIN, fill());
    }

    @ParameterizedTest
    @EnumSource
    void shouldSayZeroAtTheEndOfASourceAndNotBefore(Family family) throws IOException {
        connect(family).peer().send(pattern.bytes(0, 1000));
        connection.peer().halfClose();
        awaitUnread(1000);
        assertEquals(1000, fill());
        empty();
        awaitFilled(0);
        assertEquals(0, fill());
    }

    @ParameterizedTest
    @EnumSource
    void shouldSayWouldBlockOfASinkThatIsFull(Family family) throws IOException {
        connect(family);
        ByteBuffer chunk = ByteBuffer.allocateDirect(CAPACITY);
        long n;
        do { // it may take some more, once the far end has made room
            while (connection.socket().write(chunk, 0, CAPACITY) > 0) {}
            if (pipe.bytes() == 0) {
                fillByHand(1000);
            }
            n = pipe.drain(connection.fd());
        } while (n > 0);
        assertEquals(-LibC.EAGAIN, n);
        assertTrue(pipe.bytes() > 0);
    }

    /** With bytes of another connection. */
    private void fillByHand(int bytes) throws IOException {
        try (RawConnection other = new RawConnection(Family.UNIX)) {
            other.peer().send(pattern.bytes(0, bytes));
            assertEquals(bytes, pipe.fill(other.fd(), bytes));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldSayBrokenPipeOfASinkThatTakesNoMore(Family family) throws IOException {
        connect(family).socket().shutdown(false, true);
        fillByHand(1000);
        assertEquals(-LibC.EPIPE, pipe.drain(connection.fd()));
        assertEquals(1000, pipe.bytes());
    }

    @ParameterizedTest
    @EnumSource
    void shouldGiveAnotherPipeAllBytesAndKeepThem(Family family) throws IOException {
        connect(family).peer().send(pattern.bytes(0, CAPACITY / 2));
        awaitUnread(CAPACITY / 2);
        assertEquals(CAPACITY / 2, fill());
        Pipe other = pipe(CAPACITY);
        try {
            assertEquals(CAPACITY / 2, pipe.tee(other));
            assertArrayEquals(pattern.bytes(0, CAPACITY / 2), content(other));
        } finally {
            other.close();
        }
        assertArrayEquals(pattern.bytes(0, CAPACITY / 2), content(pipe));
    }

    @Test
    void shouldGiveASmallerPipeAPart() throws IOException {
        connect(Family.TCP).peer().send(pattern.bytes(0, CAPACITY));
        awaitUnread(CAPACITY);
        long all = fill();
        Pipe smaller = pipe(PAGE);
        try {
            long part = pipe.tee(smaller);
            assertTrue(part > 0 && part < all, () -> part + " of " + all);
        } finally {
            smaller.close();
        }
    }

    private static byte[] content(Pipe from) {
        ByteBuffer into = ByteBuffer.allocateDirect((int) from.bytes());
        while (from.bytes() > 0) {
            into.position(into.capacity() - (int) from.bytes());
            assertTrue(from.read(into) > 0);
        }
        byte[] bytes = new byte[into.capacity()];
        into.get(0, bytes);
        return bytes;
    }

    /** So whoever splices must tell it: a read behind it sees an end. */
    @Test
    void shouldTellAResetOnce() throws IOException {
        connect(Family.TCP).peer().reset();
        awaitFilled(-LibC.ECONNRESET);
        assertEquals(0, fill());
    }

    @Test
    void shouldCountAPipesRoomInSlots() throws IOException {
        pipe.close();
        pipe = pipe(PAGE);
        connect(Family.TCP).peer().send(pattern.bytes(0, 50_000));
        awaitUnread(50_000);
        assertTrue(fill() > 0);
        assertEquals(-LibC.EAGAIN, libc.splice(connection.fd(), pipe.writeFd, MIB));
        assertTrue(libc.unread(connection.fd()) > 0);
    }

    @Test
    void shouldRoundAPipesCapacityUpToAPowerOfTwo() {
        assertEquals(2 * PAGE, libc.setPipeCapacity(pipe.writeFd, PAGE + 1));
        assertEquals(2 * PAGE, libc.pipeCapacity(pipe.readFd));
    }

    @Test
    void shouldNotShrinkAPipeBelowWhatItHolds() throws IOException {
        connect(Family.TCP).peer().send(pattern.bytes(0, 50_000));
        awaitUnread(50_000);
        fill();
        assertEquals(-LibC.EBUSY, libc.setPipeCapacity(pipe.writeFd, PAGE));
    }

    @Test
    void shouldGrantALargePipeOrForbidIt() {
        int granted = libc.setPipeCapacity(pipe.writeFd, 2 * MIB);
        assertTrue(granted == 2 * MIB || granted == -LibC.EPERM, () -> "granted " + granted);
    }

    @ParameterizedTest
    @EnumSource
    void shouldCountWhatIsUnread(Family family) throws IOException {
        connect(family).peer().send(pattern.bytes(0, 1000));
        awaitUnread(1000);
        connection.peer().halfClose();
        assertEquals(1000, libc.unread(connection.fd()));
        fill();
        assertEquals(0, libc.unread(connection.fd()));
    }

    @Test
    void shouldCountWhatIsNotAcknowledged() throws IOException {
        connect(Family.TCP);
        ByteBuffer chunk = ByteBuffer.allocateDirect(CAPACITY);
        long written = 0;
        for (int n; (n = connection.socket().write(chunk, 0, CAPACITY)) > 0; ) {
            written += n;
        }
        assertTrue(libc.unsent(connection.fd()) > 0);
        byte[] bytes = new byte[CAPACITY];
        while (written > 0) {
            written -= connection.peer().read(bytes, bytes.length);
        }
        Await.until("acknowledged", () -> libc.unsent(connection.fd()), unsent -> unsent == 0);
    }

    @Test
    void shouldStopBeforeUrgentDataAndSaySo() throws IOException {
        connect(Family.TCP).peer().send(pattern.bytes(0, 10));
        connection.peer().sendUrgent('!');
        connection.peer().send(pattern.bytes(10, 10));
        Await.until("ten bytes", () -> fill() == 10);
        empty();
        assertEquals(-LibC.EAGAIN, fill());
        assertTrue(libc.isAtUrgentMark(connection.fd()));
        ByteBuffer into = ByteBuffer.allocateDirect(100);
        assertEquals(10, connection.socket().read(into, 0, 100));
        assertFalse(libc.isAtUrgentMark(connection.fd()));
    }
}
