// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.unix.Errors;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;

/**
 * The kernel of the model: pipes in memory, splice by what the model knows of its sockets, and a script of failures. It
 * is strict about what must never happen, and remembers the first such thing: a number used after its close or closed
 * twice, a pipe filled that holds bytes, a fill that nobody wants.
 */
final class ModelKernel extends FilelessKernel {
    enum Call {
        PIPE,
        SIZE,
        FILL,
        DRAIN,
        TEE,
        READ
    }

    /** In place of an errno: fewer bytes are moved than could be. */
    static final int SHORT = -1;

    private static final int SHORT_BYTES = 700;
    private static final int FIRST_PIPE_FD = 1 << 20;
    private static final int F_SETPIPE_SZ = 1031;
    private static final long SIOCATMARK = 0x8905;
    private static final int NEW_PIPE = 64 * 1024;

    private final ByteBuffer buffer = ByteBuffer.allocateDirect(128 * 1024);
    private final Map<Call, Queue<Integer>> script = new EnumMap<>(Call.class);
    private final Map<Integer, PipeEnd> pipeEnds = new HashMap<>();
    private final Map<Integer, ModelSocket> sockets = new HashMap<>();
    private final ModelViolations violations;
    private int nextFd = FIRST_PIPE_FD;
    private int errno;
    private long asked;

    ModelKernel(ModelViolations violations) {
        this.violations = violations;
        for (Call call : Call.values()) {
            script.put(call, new ArrayDeque<>());
        }
    }

    private static final class Content {
        byte[] bytes = {};
        int from;
        int capacity = NEW_PIPE;
        /** Some sink's, and the last splice was not refused: nobody may look. */
        boolean taken;

        int size() {
            return bytes.length - from;
        }
    }

    private record PipeEnd(Content content, boolean readable) {}

    void add(ModelSocket socket) {
        sockets.put(socket.channel().fd().intValue(), socket);
    }

    /** The next call of this kind fails like this. */
    void fail(Call call, int fault) {
        script.get(call).add(fault);
    }

    void failNoMore() {
        script.values().forEach(Queue::clear);
    }

    /** How many bytes the last fill asked for. */
    long asked() {
        return asked;
    }

    int openPipes() {
        return pipeEnds.size() / 2;
    }

    private int failWith(int reason) {
        errno = reason;
        return -1;
    }

    /** 0 if the call goes well, {@link #SHORT}, or an errno. */
    private int fault(Call call) {
        Integer fault = script.get(call).poll();
        ModelTally.called(call, fault == null ? 0 : fault);
        return fault == null ? 0 : fault;
    }

    private Content pipe(int fd, boolean readable) {
        PipeEnd end = pipeEnds.get(fd);
        if (end == null || end.readable() != readable) {
            throw violations.add("not an open end of a pipe, for this purpose: " + fd);
        }
        return end.content();
    }

    private ModelSocket socket(int fd) {
        ModelSocket socket = sockets.get(fd);
        if (socket == null || !socket.channel().isOpen()) {
            throw violations.add("the number of no open socket: " + fd);
        }
        if (!socket.channel().eventLoop().inEventLoop()) {
            throw violations.add("a socket is used by another thread than its loop's");
        }
        return socket;
    }

    private static boolean isFatal(int fault) {
        return !LibC.isRefusal(fault) && fault != LibC.EAGAIN && fault != LibC.EINTR;
    }

    @Override
    public int pipe2(int[] fds, int flags) {
        int fault = fault(Call.PIPE);
        if (fault > 0) {
            return failWith(fault);
        }
        Content content = new Content();
        fds[0] = nextFd++;
        fds[1] = nextFd++;
        pipeEnds.put(fds[0], new PipeEnd(content, true));
        pipeEnds.put(fds[1], new PipeEnd(content, false));
        return 0;
    }

    @Override
    public long splice(int in, int out, long length, int flags) {
        return in >= FIRST_PIPE_FD
                ? drain(pipe(in, true), socket(out), length)
                : fill(socket(in), in, pipe(out, false), length);
    }

    private long fill(ModelSocket from, int fd, Content to, long length) {
        from.isToBeFilled();
        asked = length;
        if (to.size() > 0) {
            throw violations.add("a pipe is filled that holds " + to.size() + " bytes");
        }
        int fault = fault(Call.FILL);
        if (fault > 0) {
            if (isFatal(fault)) {
                from.fillFailed();
            }
            return failWith(fault);
        }
        to.taken = false;
        long most = Math.min(Math.min(length, to.capacity), fault == SHORT ? SHORT_BYTES : buffer.capacity());
        try {
            int n = new FileDescriptor(fd).read(buffer.clear(), 0, (int) most);
            if (n == 0) {
                return failWith(LibC.EAGAIN);
            }
            if (n < 0) {
                return 0;
            }
            to.bytes = new byte[n];
            to.from = 0;
            buffer.get(0, to.bytes);
            from.consumed(n);
            return n;
        } catch (IOException e) {
            return failLike(e);
        }
    }

    private long drain(Content from, ModelSocket to, long length) {
        int fault = fault(Call.DRAIN);
        from.taken = !LibC.isRefusal(fault);
        if (fault > 0) {
            if (isFatal(fault)) {
                to.drainFailed();
            }
            return failWith(fault);
        }
        long most = Math.min(Math.min(length, from.size()), fault == SHORT ? SHORT_BYTES : Long.MAX_VALUE);
        most = to.isReset() ? most : Math.min(most, to.room()); // if it is, the write is to fail
        if (most == 0) {
            return failWith(LibC.EAGAIN);
        }
        buffer.clear().put(0, from.bytes, from.from, (int) most);
        try {
            int n = new FileDescriptor(to.channel().fd().intValue()).write(buffer, 0, (int) most);
            if (n <= 0) {
                return failWith(LibC.EAGAIN);
            }
            from.from += n;
            to.tookRoom(n);
            return n;
        } catch (IOException e) {
            return failLike(e);
        }
    }

    @Override
    public long tee(int in, int out, long length, int flags) {
        Content from = pipe(in, true);
        Content to = pipe(out, false);
        if (to.size() > 0) {
            throw violations.add("a pipe is given bytes that holds " + to.size() + " already");
        }
        if (from.taken) {
            throw violations.add("bytes are duplicated that are a sink's");
        }
        int fault = fault(Call.TEE);
        if (fault > 0) {
            return failWith(fault);
        }
        int n = (int)
                Math.min(Math.min(length, Math.min(from.size(), to.capacity)), fault == SHORT ? SHORT_BYTES : length);
        to.bytes = Arrays.copyOfRange(from.bytes, from.from, from.from + n);
        to.from = 0;
        to.taken = false;
        return n;
    }

    private int failLike(IOException e) {
        return failWith(e instanceof Errors.NativeIoException known ? -known.expectedErr() : LibC.EPIPE);
    }

    @Override
    public long read(int fd, ByteBuffer into, long length) {
        Content from = pipe(fd, true);
        if (from.taken) {
            throw violations.add("somebody looks at bytes that are a sink's");
        }
        int fault = fault(Call.READ);
        if (fault > 0) {
            return failWith(fault);
        }
        int n = (int) Math.min(Math.min(length, from.size()), fault == SHORT ? SHORT_BYTES : Integer.MAX_VALUE);
        if (n == 0) {
            return failWith(LibC.EAGAIN);
        }
        into.put(into.position(), from.bytes, from.from, n);
        from.from += n;
        return n;
    }

    @Override
    public int fcntl(int fd, int command, int argument) {
        Content content = pipe(fd, false);
        int fault = fault(Call.SIZE);
        if (fault > 0) {
            return failWith(fault);
        }
        if (command == F_SETPIPE_SZ) {
            content.capacity = argument;
        }
        return content.capacity;
    }

    @Override
    public int ioctl(int fd, long request, int[] answer) {
        answer[0] = request == SIOCATMARK ? 0 : (int) sockets.get(fd).unread();
        return 0;
    }

    @Override
    public int close(int fd) {
        if (pipeEnds.remove(fd) == null) {
            throw violations.add("closed, but not an open end of a pipe: " + fd);
        }
        return 0;
    }

    @Override
    public int errno() {
        return errno;
    }
}
