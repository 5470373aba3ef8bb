// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static java.lang.foreign.MemorySegment.NULL;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The kernel, by {@code java.lang.foreign}: nothing is unpacked, and {@code sun.misc.Unsafe} is left alone. No call
 * allocates native memory: what it writes to is the thread's, for as long as the thread lives.
 *
 * <p>No call is {@link Linker.Option#critical}: a thread in such a call holds up every safepoint, so all threads, and each
 * of these calls may take long, be it non-blocking or not. A splice moves up to a pipe's capacity of pages, and waits for
 * the socket's lock while another CPU has it; a read may fault pages in, from swap; a close frees what is inside; pipe2 and
 * {@code F_SETPIPE_SZ} allocate in the kernel, which may first have to reclaim; whatever touches a pipe waits for its mutex.
 * A tracer or seccomp's supervisor stops any of them for as long as it likes. What it would save is not to be seen beside
 * the cost of a system call: measured.
 */
final class FfmKernel implements Kernel {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
    private static final long ERRNO = STATE.byteOffset(PathElement.groupElement("errno"));

    // Constants, or else the JIT cannot see through them. An ssize_t and a size_t are a long on every 64-bit Linux.
    private static final MethodHandle PIPE2 = handle("pipe2", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle SPLICE = handle(
            "splice", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle TEE =
            handle("tee", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT));
    private static final MethodHandle READ =
            handle("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle PWRITE =
            handle("pwrite", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle FCNTL = handle(
            "fcntl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle IOCTL = handle(
            "ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle CLOSE = handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    private FfmKernel() {}

    static Kernel open() {
        return new FfmKernel();
    }

    @SuppressWarnings("restricted") // the JVM asks for --enable-native-access, as for any native library
    private static MethodHandle handle(String function, FunctionDescriptor type, Linker.Option... options) {
        MemorySegment address = LINKER.defaultLookup()
                .find(function)
                .orElseThrow(() -> new UnsatisfiedLinkError("the C library has no " + function));
        Linker.Option[] all = Arrays.copyOf(options, options.length + 1);
        all[options.length] = Linker.Option.captureCallState("errno");
        return LINKER.downcallHandle(address, type, all);
    }

    @Override
    public int pipe2(int[] fds, int flags) {
        Scratch scratch = SCRATCH.get();
        try {
            int result = (int) PIPE2.invokeExact(scratch.state, scratch.ints, flags);
            if (result >= 0) {
                MemorySegment.copy(scratch.ints, JAVA_INT, 0, fds, 0, 2);
            }
            return result;
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public long splice(int in, int out, long length, int flags) {
        try {
            return (long) SPLICE.invokeExact(SCRATCH.get().state, in, NULL, out, NULL, length, flags);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public long tee(int in, int out, long length, int flags) {
        try {
            return (long) TEE.invokeExact(SCRATCH.get().state, in, out, length, flags);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public long read(int fd, ByteBuffer into, long length) {
        try {
            return (long) READ.invokeExact(SCRATCH.get().state, fd, MemorySegment.ofBuffer(into), length);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public long splice(int in, int file, long offset, long length, int flags) {
        Scratch scratch = SCRATCH.get();
        scratch.offset.set(JAVA_LONG, 0, offset);
        try {
            return (long) SPLICE.invokeExact(scratch.state, in, NULL, file, scratch.offset, length, flags);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public long pwrite(int fd, ByteBuffer from, long length, long offset) {
        try {
            return (long) PWRITE.invokeExact(SCRATCH.get().state, fd, MemorySegment.ofBuffer(from), length, offset);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public int fcntl(int fd, int command, int argument) {
        try {
            return (int) FCNTL.invokeExact(SCRATCH.get().state, fd, command, argument);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public int ioctl(int fd, long request, int[] answer) {
        Scratch scratch = SCRATCH.get();
        try {
            int result = (int) IOCTL.invokeExact(scratch.state, fd, request, scratch.ints);
            if (result >= 0) {
                answer[0] = scratch.ints.get(JAVA_INT, 0);
            }
            return result;
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public int close(int fd) {
        try {
            return (int) CLOSE.invokeExact(SCRATCH.get().state, fd);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public int errno() {
        return SCRATCH.get().state.get(JAVA_INT, ERRNO);
    }

    /** A handle is declared to throw anything, but C throws nothing: it is an error of the JVM's, or of ours. */
    private static Error broken(Throwable e) {
        return e instanceof Error error ? error : new AssertionError(e);
    }

    /** What the calls of one thread write to, outside the heap; freed when it is collected, after the thread. */
    private static final class Scratch {
        /** Of a CPU's cache: two threads that write to the same line, at each call, would slow each other down. */
        private static final int LINE_BYTES = 64;

        private final MemorySegment state;
        private final MemorySegment ints;
        private final MemorySegment offset;

        Scratch() {
            Arena arena = Arena.ofAuto();
            state = arena.allocate(LINE_BYTES, LINE_BYTES);
            ints = arena.allocate(LINE_BYTES, LINE_BYTES);
            offset = arena.allocate(LINE_BYTES, LINE_BYTES);
        }
    }
}
