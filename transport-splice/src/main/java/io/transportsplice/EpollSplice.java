// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static io.netty.util.internal.ObjectUtil.checkNotNull;
import static io.netty.util.internal.ObjectUtil.checkPositiveOrZero;

import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.ProgressiveFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether splicing works here: Linux, the native epoll transport of Netty 4.2, and a kernel that lets a byte be
 * spliced from one pipe to another, which is tried once, when this class is first used. Where it does not work an
 * {@link EpollSpliceHandler} passes everything through. Any thread.
 */
@NullMarked
public final class EpollSplice {

    private EpollSplice() {}

    /** Whether splicing works here. */
    public static boolean isAvailable() {
        return Availability.CAUSE == null;
    }

    /**
     * Does nothing where splicing is available.
     *
     * @throws UnsatisfiedLinkError with the cause, where it is not
     */
    public static void ensureAvailability() {
        if (Availability.CAUSE != null) {
            throw (Error) new UnsatisfiedLinkError("splicing is unavailable").initCause(Availability.CAUSE);
        }
    }

    /** Why splicing is unavailable, or {@code null} where it is available. */
    public static @Nullable Throwable unavailabilityCause() {
        return Availability.CAUSE;
    }

    /**
     * What makes the system calls: {@code "ffm"}, which is {@code java.lang.foreign} and needs Java 22, or else
     * {@code "jnr"}, which is jnr-ffi; {@code null} where splicing is unavailable. {@code -Dio.transportsplice.kernel}
     * insists on one of them.
     */
    public static @Nullable String kernel() {
        return Availability.KERNEL;
    }

    /** {@link #spliceTo(Channel, Channel, long)} without a bound: all that comes until the source's input ends. */
    public static ProgressiveFuture<Long> spliceTo(Channel source, Channel sink) {
        return spliceTo(source, sink, Long.MAX_VALUE);
    }

    /**
     * Moves bytes from one channel to another, past the source's handlers: what Netty's deprecated
     * {@code AbstractEpollStreamChannel.spliceTo} is meant to do. It reads by itself, no faster than the sink takes, and
     * copies where splicing is refused. The channels may have different event loops, or be of any transport; at the sink
     * the bytes are a write like others, with its handlers before them. An {@link EpollSpliceHandler} is put first into
     * each pipeline that has none, and stays.
     *
     * <p>While it lasts, autoRead of the source is off and ALLOW_HALF_CLOSURE on; then they are as before, but for autoRead
     * if somebody has switched it on meanwhile; what else is said of them meanwhile, as by a RelayHandler that is joined, is
     * undone. One at a time for each source, and none beside a limit, nor one that is set before the sink's event loop has
     * been asked: it fails. It may be the sink of another. Any thread; what the source reads before its event loop gets to
     * it is its handlers', and what a {@code read()} brings that is outstanding then is the transfer's.
     *
     * <p>What was read beyond the last byte is held, for the next transfer, or for the source's own handlers, which get it
     * when they read again. If the source's splice handler is removed, the transfer fails, and what is held goes to the
     * handlers behind it at once, as with a decoder; so it does where the input has ended, or the channel is closed.
     *
     * <p>Behind an SslHandler the input ends with its {@code close_notify}; an end without one is a failure. A handler in front of
     * the source's splice handler that holds messages until it is asked, as a FlowControlHandler does, keeps those that it still
     * has when the input ends.
     *
     * @param bytes how many at the most
     * @return done when the bytes have been written to the sink; its value is how many they are, less than {@code bytes} if
     *     the source's input ended before. Failed if one of the channels fails or is closed. Reports progress. If it is
     *     cancelled, bytes that were taken from the source are still written, and no others are: a message that had been
     *     asked for may still be read, and is the source's, as what comes behind it. The source is taken until they are written
     * @throws IllegalArgumentException if the source is no stream of bytes, but a server or of datagrams
     * @throws IllegalStateException if one of them is not registered
     */
    public static ProgressiveFuture<Long> spliceTo(Channel source, Channel sink, long bytes) {
        checkPositiveOrZero(bytes, "bytes");
        return SpliceTransfer.start(checkNotNull(source, "source"), checkNotNull(sink, "sink"), bytes);
    }

    /**
     * Moves bytes from a channel into a file, at an offset, past the channel's handlers: {@link #spliceTo(Channel, Channel,
     * long)} with a file as the sink. A write to a file may block, so the executor does them, one after the other, each of at
     * most a pipe's capacity; the channel is read no faster than that, two messages ahead. What cannot be spliced is copied:
     * into a file that was opened with O_APPEND, for one.
     *
     * <p>The file is the caller's, who closes it, not before the future is done, and calls fsync(2) if he needs that. Behind a
     * write that failed, on a full disk for instance, nothing is written: bytes that had been taken from the source by then are
     * lost. {@link io.netty.util.concurrent.GenericProgressiveFutureListener Progress} has told how many are in the file, but
     * for what there is of the write that failed.
     *
     * @param file open for writing; not one without an offset, as a pipe is
     * @param offset where the first byte goes; the file's own position is not used, and stays
     * @param bytes how many at the most; {@link Long#MAX_VALUE} for all that come
     * @param executor which writes; of any number of threads, and not an event loop
     * @return done when the bytes have been written; its value is how many they are, less than {@code bytes} if the source's
     *     input ended before. Failed with an {@link java.io.IOException} if the file cannot be written, with
     *     {@link java.nio.channels.ClosedChannelException} if it, or the source, is closed, with what the executor throws if it
     *     refuses. Cancelled, it takes no more, and what was taken is still written.
     * @throws UnsatisfiedLinkError where splicing is unavailable
     */
    public static ProgressiveFuture<Long> spliceTo(
            Channel source, FileDescriptor file, long offset, long bytes, Executor executor) {
        ensureAvailability();
        checkPositiveOrZero(offset, "offset");
        checkPositiveOrZero(bytes, "bytes");
        FileSink sink =
                new FileSink(Availability.LIBC, checkNotNull(file, "file"), offset, checkNotNull(executor, "executor"));
        return SpliceTransfer.start(checkNotNull(source, "source"), sink, bytes);
    }

    /**
     * The same event loops, but channels that register with them are adopted from the start, where they otherwise register
     * a second time, as soon as an {@link EpollSpliceHandler} is the pipeline's first. It costs each channel an object; it
     * saves the second registration. Where splicing is unavailable the group is returned as it is.
     *
     * @throws IllegalArgumentException unless it is a group of epoll event loops
     */
    public static IoEventLoopGroup wrap(IoEventLoopGroup group) {
        checkNotNull(group, "group");
        return isAvailable() ? SplicingEventLoopGroup.of(group) : group;
    }

    /**
     * {@link #wrap(IoEventLoopGroup)}, for a group that is declared as what bootstraps take: any of Netty's epoll groups, be
     * it made with {@link io.netty.channel.epoll.EpollIoHandler} or the older {@code EpollEventLoopGroup}, or a single
     * event loop of one.
     *
     * @throws IllegalArgumentException unless it is a group of epoll event loops
     */
    public static EventLoopGroup wrap(EventLoopGroup group) {
        checkNotNull(group, "group");
        return isAvailable() ? SplicingEventLoopGroup.of(group) : group;
    }

    /**
     * How many bytes a channel's socket has been given that its far end has not acknowledged, of TCP (tcp(7),
     * {@code SIOCOUTQ}); -1 where that cannot be asked. To be called on the channel's event loop.
     */
    public static int unsentBytes(Channel channel) {
        if (isAvailable() && channel instanceof EpollSocketChannel tcp && tcp.isOpen()) {
            return Math.max(-1, Availability.LIBC.unsent(tcp.fd().intValue()));
        }
        return -1;
    }
}
