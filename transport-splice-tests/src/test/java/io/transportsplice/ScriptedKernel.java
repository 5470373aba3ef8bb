// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Queue;
import java.util.Set;

/**
 * The real kernel, real pipes and real sockets, but it fails by a script, and moves no more into the socket of a
 * {@link ModelSocket} than that has room for.
 */
final class ScriptedKernel extends FilelessKernel {
    enum Call {
        DRAIN,
        TEE,
        READ
    }

    /** In place of an errno: fewer bytes are moved than could be. */
    static final int SHORT = -1;

    private static final int SHORT_BYTES = 700;

    /** One for all: to open it takes long. */
    private static final Kernel REAL = KernelAccess.openWanted().kernel();

    private final Map<Call, Queue<Integer>> script = new EnumMap<>(Call.class);
    private final Map<Integer, ModelSocket> sinks = new HashMap<>();
    private final Set<Integer> pipeFds = new HashSet<>();
    /** Of the last call, if it was not the real kernel that failed. */
    private int errno;

    private boolean isPaused;

    ScriptedKernel() {
        for (Call call : Call.values()) {
            script.put(call, new ArrayDeque<>());
        }
    }

    void add(ModelSocket sink) {
        sinks.put(sink.channel().fd().intValue(), sink);
    }

    /** The next call of this kind fails like this. */
    void fail(Call call, int fault) {
        script.get(call).add(fault);
    }

    boolean isToFail(Call call) {
        return !script.get(call).isEmpty();
    }

    void failNoMore() {
        script.values().forEach(Queue::clear);
    }

    /** Ends of pipes. */
    int openPipeFds() {
        return pipeFds.size();
    }

    /** Nothing fails until it goes on. */
    void pause(boolean paused) {
        isPaused = paused;
    }

    private int fault(Call call) {
        Integer fault = isPaused ? null : script.get(call).poll();
        errno = fault == null ? 0 : Math.max(fault, 0);
        if (fault != null) {
            ModelTally.count(call + (fault == SHORT ? " short" : " errno " + fault), 1);
        }
        return fault == null ? 0 : fault;
    }

    @Override
    public int pipe2(int[] fds, int flags) {
        errno = 0;
        int result = REAL.pipe2(fds, flags);
        if (result == 0) {
            pipeFds.add(fds[0]);
            pipeFds.add(fds[1]);
        }
        return result;
    }

    @Override
    public long splice(int in, int out, long length, int flags) {
        ModelSocket sink = sinks.get(out);
        int fault = sink == null ? 0 : fault(Call.DRAIN);
        if (fault > 0) {
            return -1;
        }
        long most = fault == SHORT ? Math.min(SHORT_BYTES, length) : length;
        if (sink == null) {
            errno = 0;
            return REAL.splice(in, out, most, flags);
        }
        most = Math.min(most, sink.room());
        if (most == 0) {
            errno = LibC.EAGAIN;
            return -1;
        }
        long n = REAL.splice(in, out, most, flags);
        sink.tookRoom(Math.max(n, 0));
        return n;
    }

    @Override
    public long tee(int in, int out, long length, int flags) {
        int fault = fault(Call.TEE);
        if (fault > 0) {
            return -1;
        }
        return REAL.tee(in, out, fault == SHORT ? Math.min(SHORT_BYTES, length) : length, flags);
    }

    @Override
    public long read(int fd, ByteBuffer into, long length) {
        int fault = fault(Call.READ);
        if (fault > 0) {
            return -1;
        }
        return REAL.read(fd, into, fault == SHORT ? Math.min(SHORT_BYTES, length) : length);
    }

    @Override
    public int fcntl(int fd, int command, int argument) {
        errno = 0;
        return REAL.fcntl(fd, command, argument);
    }

    @Override
    public int ioctl(int fd, long request, int[] answer) {
        errno = 0;
        return REAL.ioctl(fd, request, answer);
    }

    @Override
    public int close(int fd) {
        if (!pipeFds.remove(fd)) {
            throw new AssertionError("closed, but not an open end of a pipe: " + fd);
        }
        errno = 0;
        return REAL.close(fd);
    }

    @Override
    public int errno() {
        return errno > 0 ? errno : REAL.errno();
    }
}
