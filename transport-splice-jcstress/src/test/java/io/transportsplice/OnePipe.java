// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.IllegalReferenceCountException;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A pipe that holds bytes, the home to which it returns and the memory into which it is read: small enough to be made a
 * million times, and it accounts for all three afterwards. What a single thread may use at a time is held in plain fields,
 * so that whoever hands it on without care is found out.
 */
final class OnePipe implements PipeByteBuf.Home {
    private static final int BYTES = 8;
    private static final byte VALUE = 7;
    private static final int FIRST_FD = 1;
    private static final int SECOND_FD = 2;
    private static final int OTHER_FD = 3;

    private final AtomicInteger closedFirst = new AtomicInteger();
    private final AtomicInteger closedSecond = new AtomicInteger();
    private final AtomicInteger returned = new AtomicInteger();
    private final AtomicInteger toldToWaitNoMore = new AtomicInteger();
    private final Queue<ByteBuf> memory = new ConcurrentLinkedQueue<>();
    private final AtomicInteger failures = new AtomicInteger();
    private final Pipe pipe;
    private int left = BYTES;
    private boolean readTooMuch;
    private PipeByteBuf.Fate fate;

    OnePipe() {
        pipe = new Pipe(new LibC(new Memory()), FIRST_FD, SECOND_FD);
        pipe.fill(SECOND_FD, BYTES);
    }

    /** A kernel that knows this one pipe. */
    private final class Memory implements Kernel {
        @Override
        public long splice(int in, int file, long offset, long length, int flags) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long pwrite(int fd, ByteBuffer from, long length, long offset) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int pipe2(int[] fds, int flags) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long splice(int in, int out, long length, int flags) {
            if (in == FIRST_FD) {
                readTooMuch |= length > left;
                left -= (int) length;
            }
            return length;
        }

        @Override
        public long tee(int in, int out, long length, int flags) {
            return Math.min(length, left);
        }

        @Override
        public long read(int fd, ByteBuffer into, long length) {
            readTooMuch |= length > left;
            for (int i = 0; i < length; i++) {
                into.put(into.position() + i, VALUE);
            }
            left -= (int) length;
            return length;
        }

        @Override
        public int fcntl(int fd, int command, int argument) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int ioctl(int fd, long request, int[] answer) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int close(int fd) {
            (fd == FIRST_FD ? closedFirst : closedSecond).incrementAndGet();
            return 0;
        }

        @Override
        public int errno() {
            return 0;
        }
    }

    /** Remembers what it gave, and gives nothing as often as it has been told to. */
    private final class Allocator extends AbstractByteBufAllocator {
        @Override
        protected ByteBuf newHeapBuffer(int capacity, int maxCapacity) {
            throw new UnsupportedOperationException();
        }

        @Override
        protected ByteBuf newDirectBuffer(int capacity, int maxCapacity) {
            if (failures.getAndDecrement() > 0) {
                throw new OutOfMemoryError("as asked for");
            }
            ByteBuf buffer = Unpooled.buffer(capacity, maxCapacity); // nobody minds that it is on the heap
            memory.add(buffer);
            return buffer;
        }

        @Override
        public boolean isDirectBufferPooled() {
            return false;
        }
    }

    PipeByteBuf buffer() {
        return new PipeByteBuf(pipe, this, new DirectMemory(new Allocator(), false, true));
    }

    Pipe pipe() {
        return pipe;
    }

    /** An empty one, of which no account is kept. */
    Pipe another() {
        return new Pipe(new LibC(new Memory()), OTHER_FD, OTHER_FD);
    }

    OnePipe withoutMemoryOnce() {
        failures.set(1);
        return this;
    }

    @Override
    public void returned(PipeByteBuf buffer, Pipe home, PipeByteBuf.Fate how) {
        fate = how;
        returned.incrementAndGet();
        home.close();
    }

    @Override
    public void lookedInVain(PipeByteBuf buffer) {
        // tests of sources see what becomes of that
    }

    @Override
    public void waitsNoMore() {
        toldToWaitNoMore.incrementAndGet();
    }

    int timesToldToWaitNoMore() {
        return toldToWaitNoMore.get();
    }

    /** What somebody sees who looks. */
    static String look(ByteBuf view) {
        try {
            return view.getByte(0) == VALUE && view.getByte(BYTES - 1) == VALUE ? "bytes" : "other bytes";
        } catch (IllegalReferenceCountException | IndexOutOfBoundsException e) { // Netty's, of a heap buffer just freed
            return "too late";
        } catch (OutOfMemoryError e) {
            return "no memory";
        }
    }

    /** What became of the bytes, if the pipe went home once, was closed once and no memory is left; else what is wrong. */
    String account() {
        long alive = memory.stream().filter(buffer -> buffer.refCnt() > 0).count();
        boolean right = returned.get() == 1 && isClosedOnce() && alive == 0 && !readTooMuch;
        return right
                ? fate.toString()
                : "home " + returned + " times, closed " + closedFirst + " times, " + alive + " buffers left";
    }

    boolean isClosedOnce() {
        return closedFirst.get() == 1 && closedSecond.get() == 1;
    }
}
