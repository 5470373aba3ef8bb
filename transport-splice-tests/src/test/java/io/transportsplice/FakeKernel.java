// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * A kernel in memory: pipes with slots, sockets with an input and an output, and a script of failures. It is strict: a
 * number used after its close, or closed twice, is an AssertionError, because that is how bytes end up with strangers.
 */
final class FakeKernel extends FilelessKernel {
    private static final int FIRST_FD = 100;
    private static final int F_SETPIPE_SZ = 1031;
    private static final int SLOT = 4096;

    /** What a call of this name answers next: an errno, or nothing. Calls without a script succeed. */
    private final Map<String, Deque<Integer>> script = new HashMap<>();

    private final Map<Integer, File> files = new HashMap<>();
    private int nextFd = FIRST_FD;
    private int errno;
    int largestPipe = 1024 * 1024;
    int newPipe = 65536;
    /** What is to be done at each close(2). */
    Runnable onClose = () -> {};

    /** One open file: what can be read from it, where what is written to it goes. */
    private static final class File {
        final Deque<Byte> readable;
        final Deque<Byte> written;
        int capacity;
        boolean inputEnded;

        File(Deque<Byte> readable, Deque<Byte> written, int capacity) {
            this.readable = readable;
            this.written = written;
            this.capacity = capacity;
        }
    }

    /** The next call of this name fails with these errnos, one after the other; 0 lets one succeed. */
    FakeKernel failing(String call, int... errnos) {
        Deque<Integer> queue = script.computeIfAbsent(call, name -> new ArrayDeque<>());
        for (int next : errnos) {
            queue.add(next);
        }
        return this;
    }

    /** A socket with this to be read from it, which takes up to {@code sendBuffer} bytes. */
    int socket(byte[] input, boolean ended, int sendBuffer) {
        Deque<Byte> readable = new ArrayDeque<>();
        for (byte b : input) {
            readable.add(b);
        }
        File file = new File(readable, new ArrayDeque<>(), sendBuffer);
        file.inputEnded = ended;
        files.put(nextFd, file);
        return nextFd++;
    }

    byte[] written(int socket) {
        Deque<Byte> written = files.get(socket).written;
        byte[] bytes = new byte[written.size()];
        int i = 0;
        for (byte b : written) {
            bytes[i++] = b;
        }
        return bytes;
    }

    void makeRoom(int socket, int bytes) {
        files.get(socket).capacity += bytes;
    }

    int openFiles() {
        return files.size();
    }

    private int fail(int reason) {
        errno = reason;
        return -1;
    }

    private boolean fails(String call) {
        Deque<Integer> queue = script.get(call);
        Integer next = queue == null ? null : queue.poll();
        if (next == null || next == 0) {
            return false;
        }
        errno = next;
        return true;
    }

    private File open(int fd) {
        File file = files.get(fd);
        if (file == null) {
            throw new AssertionError("fd " + fd + " is not open");
        }
        return file;
    }

    @Override
    public int pipe2(int[] fds, int flags) {
        if (fails("pipe2")) {
            return -1;
        }
        Deque<Byte> content = new ArrayDeque<>();
        fds[0] = nextFd++;
        fds[1] = nextFd++;
        files.put(fds[0], new File(content, null, newPipe));
        files.put(fds[1], new File(null, content, newPipe));
        return 0;
    }

    @Override
    public long splice(int in, int out, long length, int flags) {
        File from = open(in);
        File to = open(out);
        if (fails("splice")) {
            return -1;
        }
        if (from.readable.isEmpty()) {
            return from.inputEnded ? 0 : fail(LibC.EAGAIN);
        }
        long moved = 0;
        while (moved < length && !from.readable.isEmpty() && to.written.size() < to.capacity) {
            to.written.add(from.readable.remove());
            moved++;
        }
        return moved > 0 ? moved : fail(LibC.EAGAIN);
    }

    @Override
    public long tee(int in, int out, long length, int flags) {
        File from = open(in);
        File to = open(out);
        if (fails("tee")) {
            return -1;
        }
        long given = Math.min(length, Math.min(from.readable.size(), to.capacity - to.written.size()));
        from.readable.stream().limit(given).forEach(to.written::add);
        return given > 0 ? given : fail(LibC.EAGAIN);
    }

    @Override
    public long read(int fd, ByteBuffer into, long length) {
        File from = open(fd);
        if (fails("read")) {
            return -1;
        }
        if (from.readable.isEmpty()) {
            return fail(LibC.EAGAIN);
        }
        int start = into.position();
        int moved = 0;
        while (moved < length && !from.readable.isEmpty()) {
            into.put(start + moved, from.readable.remove());
            moved++;
        }
        return moved;
    }

    @Override
    public int fcntl(int fd, int command, int argument) {
        File file = open(fd);
        if (fails("fcntl")) {
            return -1;
        }
        if (command == F_SETPIPE_SZ) {
            if (argument > largestPipe) {
                return fail(LibC.EPERM);
            }
            file.capacity = Math.max(SLOT, Integer.highestOneBit(argument));
        }
        return file.capacity;
    }

    @Override
    public int ioctl(int fd, long request, int[] answer) {
        return fails("ioctl") ? -1 : 0;
    }

    @Override
    public int close(int fd) {
        onClose.run();
        open(fd);
        files.remove(fd);
        return fails("close") ? -1 : 0;
    }

    @Override
    public int errno() {
        return errno;
    }
}
