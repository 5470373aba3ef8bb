// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import io.netty.util.concurrent.Promise;
import io.netty.util.internal.PlatformDependent;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A file as the end of a {@link SpliceTransfer}. A file has no readiness: each write may block, so an executor does them,
 * one after the other. Behind one that failed nothing is written any more.
 *
 * <p>{@link #write} is called on the event loop of the source; the rest is done by one thread of the executor at a time.
 */
final class FileSink implements TransferSink {

    private static final InternalLogger logger = InternalLoggerFactory.getInstance(FileSink.class);

    private final LibC libc;
    private final FileDescriptor file;
    private final Executor executor;
    /** Never done: the file is the user's to close. */
    private final Promise<Void> closed = ImmediateEventExecutor.INSTANCE.newPromise();

    private final Queue<Write> writes = PlatformDependent.newSpscQueue();
    /** Those that have not been done. */
    private final AtomicInteger waiting = new AtomicInteger();

    private long offset;
    private Throwable failure;

    private record Write(ByteBuf buffer, Promise<Void> promise) {}

    FileSink(LibC libc, FileDescriptor file, long offset, Executor executor) {
        this.libc = libc;
        this.file = file;
        this.offset = offset;
        this.executor = executor;
    }

    @Override
    public Future<Void> write(ByteBuf buffer) {
        Write write = new Write(buffer, ImmediateEventExecutor.INSTANCE.newPromise());
        writes.add(write);
        if (waiting.getAndIncrement() == 0) {
            start();
        }
        return write.promise();
    }

    private void start() {
        AtomicBoolean begun = new AtomicBoolean();
        try {
            executor.execute(() -> {
                if (begun.compareAndSet(false, true)) {
                    writeAll();
                }
            });
        } catch (Throwable e) { // rejected, or there is no thread for it
            if (begun.compareAndSet(false, true)) {
                failure = e;
                writeAll();
            } else {
                logger.warn("An executor has thrown, and runs its task all the same", e);
            }
        }
    }

    @Override
    public Future<Void> closed() {
        return closed;
    }

    private void writeAll() {
        do {
            Write write = writes.remove();
            try {
                write(write);
            } finally {
                write.buffer().release();
            }
        } while (waiting.decrementAndGet() > 0);
    }

    private void write(Write write) {
        try {
            if (failure == null) {
                spliceOrCopy(write.buffer());
            }
        } catch (Throwable e) { // whatever it is, the transfer ends by it
            failure = e;
        }
        if (failure == null) {
            write.promise().setSuccess(null);
        } else {
            write.promise().setFailure(failure);
        }
    }

    private void spliceOrCopy(ByteBuf buffer) throws IOException {
        PipeByteBuf root = PipeByteBuf.of(buffer);
        Pipe pipe = root == null ? null : root.take(buffer);
        if (pipe == null) {
            copy(buffer);
            return;
        }
        try {
            splice(root, pipe);
        } finally {
            root.giveBack();
        }
    }

    private void splice(PipeByteBuf root, Pipe pipe) throws IOException {
        while (pipe.bytes() > 0) {
            long n = pipe.drain(number(), offset);
            if (n > 0) {
                offset += n;
            } else if (LibC.isRefusal((int) -n)) {
                Counters.fallback(SpliceFallback.DRAIN_UNSUPPORTED, file);
                copyRest(root.takeRest(pipe));
            } else {
                throw LibC.newIOException("splice", (int) -n);
            }
        }
    }

    private void copyRest(ByteBuf rest) throws IOException {
        try {
            copy(rest);
        } finally {
            rest.release();
        }
    }

    private void copy(ByteBuf bytes) throws IOException {
        if (bytes.isDirect() && bytes.nioBufferCount() == 1) {
            copyDirect(bytes);
            return;
        }
        ByteBuf direct = bytes.alloc().directBuffer(bytes.readableBytes());
        try {
            copyDirect(direct.writeBytes(bytes));
        } finally {
            direct.release();
        }
    }

    private void copyDirect(ByteBuf bytes) throws IOException {
        int end = bytes.writerIndex();
        for (int next = bytes.readerIndex(); next < end; ) {
            long n = libc.write(number(), bytes.nioBuffer(next, end - next), offset);
            if (n <= 0) {
                throw LibC.newIOException("pwrite", (int) -n);
            }
            next += (int) n;
            offset += n;
        }
    }

    private int number() throws ClosedChannelException {
        if (!file.isOpen()) {
            throw new ClosedChannelException();
        }
        return file.intValue();
    }
}
