// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.epoll.AbstractEpollStreamChannel;
import io.netty.util.concurrent.ProgressiveFuture;
import io.transportsplice.SpliceOptions.Policy;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * The reading half of a channel with an {@link EpollSpliceHandler}: decides whether its bytes are spliced, has a
 * {@link SpliceSource} do so, and measures the messages of a limit. Without a {@link SplicingHandle} all is copied.
 *
 * <p>Confined to the event loop of its channel.
 */
final class SpliceInput implements SpliceSource.Bounds {

    private final ChannelHandlerContext ctx;
    private final StreamMeter meter;
    private ReadRequest request;
    /** A message has come since the request was made, which may be the channel's own: its channelReadComplete tells. */
    private boolean answered;
    /** It has not gone on to the channel yet, so no message can be its answer. */
    private boolean keptBack;
    /** Null while the channel is not adopted. */
    private SplicingHandle handle;
    /** Null until the first splicing under that handle. */
    private SpliceSource source;
    /** Bytes copied since the last channelReadComplete. */
    private long burst;
    /** Not null while a limit has bytes to come. */
    private BytesPromise limit;
    /** Not null while a message is cut: what a handler in front gives as soon as it is asked has to wait. */
    private Queue<Object> behind;
    /** The input's if it ends next, or the channel does; else what failed is something else. */
    private Throwable failure;

    SpliceInput(ChannelHandlerContext ctx, SpliceOptions options) {
        this.ctx = ctx;
        meter = new StreamMeter(options);
        request = Place.isAlone(ctx) ? ReadRequest.ALONE : ReadRequest.UNKNOWN;
    }

    void adopted(SplicingHandle newHandle) {
        handle = newHandle;
        handle.attach(ctx.channel());
        mayStart();
    }

    /** Being adopted takes a {@code read()} back, and makes one where autoRead is on: it must be known whether there is one. */
    boolean mayBeAdopted() {
        return request.isSettled(isAutoRead()) || Place.isInputShutdown(ctx.channel());
    }

    /** The adoption is over, successful or not: what was held back is done. */
    void readAgain() {
        keptBack = false;
        if (request.isOutstanding(isAutoRead()) && (handle == null || handle.read())) {
            ctx.channel().unsafe().beginRead(); // past those who have come since
        }
    }

    void unregistered() {
        handle = null;
        source = null;
        request = ReadRequest.NONE;
        keptBack = false;
    }

    void registered() {
        request = request.registered();
        lookForOthers();
    }

    void activated() {
        lookForOthers();
    }

    /** Who stand in front of us, and may read, or keep back what we read. */
    void lookForOthers() {
        request = keptBack || Place.isFirst(ctx) ? request : ReadRequest.UNKNOWN;
    }

    void removed() {
        if (isSplicing()) {
            source.stop(SpliceFallback.HANDLER_REMOVED);
        }
        if (limit != null) {
            leaveLimit().tryFailure(new IllegalStateException("the handler was removed"));
        }
    }

    /**
     * A {@code read()} came by. Returns whether it is to go on: while {@code adopting}, the channel makes it later. Those who
     * stand in front of us must see it, as a FlowControlHandler hands on nothing unasked; so it gets to the channel, and the
     * channel reads.
     */
    boolean read(boolean adopting) {
        boolean isLater = handle == null && isMadeBeforeAdoption(adopting);
        mayStart(); // in the middle of a read loop, too
        if (isSplicing() && isKeptFromOthers()) {
            source.refused(SpliceFallback.NOT_FIRST);
        }
        return !isLater && (handle == null || handle.read());
    }

    /** Returns whether it is kept back. */
    private boolean isMadeBeforeAdoption(boolean adopting) {
        boolean isFirst = Place.isFirst(ctx);
        keptBack |= adopting && isFirst;
        if (isFirst) {
            request = ReadRequest.made(isAutoRead());
        } else if (!keptBack) {
            request = ReadRequest.UNKNOWN;
        }
        answered = false;
        return adopting && isFirst;
    }

    /** Whether a {@code read()} of ours, which splicing keeps from the channel, would not get to those in front of us. */
    private boolean isKeptFromOthers() {
        return !isAutoRead() && !Place.isFirst(ctx);
    }

    private boolean isAutoRead() {
        return ctx.channel().config().isAutoRead();
    }

    void read(Object message) {
        answered = request.isKnown() && !keptBack;
        failure = null;
        if (message instanceof ByteBuf buffer && !(message instanceof PipeByteBuf)) {
            burst += buffer.readableBytes();
            boolean filled = handle != null && !buffer.isWritable() && meter.filled();
            // As if Netty had read as often as maxMessagesPerRead allows. What a user's allocator makes of that is not
            // known.
            if (filled
                    && ctx.channel().config().getRecvByteBufAllocator().getClass()
                            == AdaptiveRecvByteBufAllocator.class) {
                ctx.channel().unsafe().recvBufAllocHandle().incMessagesRead(1 << 30); // too few to overflow
            }
        }
        readLimited(message);
    }

    /** To be called before the others are told, who will ask for more then. */
    void readComplete() {
        request = answered && request.isKnown() ? ReadRequest.NONE : request;
        answered = false;
        failure = null;
        if (burst > 0) {
            Counters.BYTES_COPIED.add(burst);
            meter.copied(burst);
            burst = 0;
            mayStart();
        }
    }

    boolean isToldToSplice() {
        return source != null && source.isToldToSplice();
    }

    private boolean isSplicing() {
        return source != null && source.isSplicing();
    }

    /** Splices from here on if that is known to pay, or looks at the next wake-up whether it will. */
    private void mayStart() {
        if (!isSplicing() && (limit != null ? meter.isStreamOf(limit.remaining()) : meter.mayBeStream())) {
            start();
        }
    }

    private void start() {
        if (handle == null || ctx.isRemoved() || !ctx.channel().isActive() || Place.isInputShutdown(ctx.channel())) {
            return;
        }
        if (isKeptFromOthers()) {
            meter.refused();
            Counters.fallback(SpliceFallback.NOT_FIRST, ctx.channel());
            return;
        }
        if (source == null) {
            source = new SpliceSource((AbstractEpollStreamChannel) ctx.channel(), handle, meter, this);
        }
        source.start();
    }

    /** What handlers in front of us make of the bytes cannot be measured before. */
    @Override
    public long allowance() {
        if (limit == null) {
            return Long.MAX_VALUE;
        }
        return Place.isFirst(ctx) ? limit.remaining() : 0;
    }

    /** See {@link EpollSpliceHandler#limit}. */
    ProgressiveFuture<Long> limit(long bytes) {
        if (limit != null && !limit.isDone()) {
            throw new IllegalStateException(limit.remaining() + " bytes of another limit are to come");
        }
        if (Place.isBeforeTls(ctx)) {
            throw new IllegalStateException("the bytes before an SslHandler are not the stream's");
        }
        BytesPromise started = new BytesPromise(bytes, ctx::executor);
        limit = started;
        started.addListener(done -> {
            if (done.isCancelled() && limit == started) {
                leaveLimit();
            }
        });
        if (!ctx.channel().isOpen()) {
            closed();
        } else if (bytes == 0 || Place.isInputShutdown(ctx.channel())) {
            leaveLimit().succeed();
        } else {
            mayStart();
        }
        return started;
    }

    private void readLimited(Object message) {
        if (behind != null) {
            behind.add(message);
            return;
        }
        for (Object next = message; next != null; next = behind == null ? null : behind.poll()) {
            cut(next);
        }
        behind = null;
    }

    private void cut(Object message) {
        while (limit != null && message instanceof ByteBuf buffer && buffer.isReadable()) {
            if (limit.remaining() >= buffer.readableBytes()) {
                passLimited(buffer);
                return;
            }
            behind = behind == null ? new ArrayDeque<>() : behind;
            passLimited(buffer.readRetainedSlice((int) limit.remaining()));
        }
        ctx.fireChannelRead(message);
    }

    private void passLimited(ByteBuf bytes) {
        BytesPromise current = limit;
        current.passed(bytes.readableBytes());
        boolean isLast = current.remaining() == 0;
        if (isLast) {
            leaveLimit(); // before the last of it goes, so that its receiver may set the next limit
        }
        ctx.fireChannelRead(new LimitedBytes(bytes));
        current.progress(); // behind its bytes: whoever is told may set another, whose these would be taken for
        if (isLast) {
            current.succeed();
        }
    }

    /** The input has ended. */
    void endLimit() {
        if (failure != null) {
            failed(failure);
        } else if (limit != null) {
            leaveLimit().succeed();
        }
    }

    @Override
    public void failed(Throwable cause) {
        if (limit != null) {
            leaveLimit().tryFailure(cause);
        }
    }

    /** Netty tells behind the last message that reading failed, and ends the input next. */
    void mayHaveFailed(Throwable cause) {
        failure = cause;
    }

    void closed() {
        if (limit != null) { // an exception costs microseconds, on each connection
            leaveLimit().tryFailure(failure == null ? new ClosedChannelException() : failure);
        }
    }

    /** Back to what the policy says. */
    private BytesPromise leaveLimit() {
        BytesPromise left = limit;
        limit = null;
        if (isSplicing() && meter.options().policy() != Policy.ALWAYS) {
            source.stop(null);
        }
        return left;
    }
}
