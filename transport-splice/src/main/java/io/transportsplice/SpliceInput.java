// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.epoll.AbstractEpollStreamChannel;
import io.netty.util.concurrent.ProgressiveFuture;
import io.transportsplice.SpliceOptions.Policy;

/**
 * The reading half of a channel with an {@link EpollSpliceHandler}: decides whether its bytes are spliced, has a
 * {@link SpliceSource} do so, and ends limits. Without a {@link SplicingHandle} all is copied.
 *
 * <p>Confined to the event loop of its channel.
 */
final class SpliceInput implements SpliceSource.Bounds, InputLimit.Owner {

    private final ChannelHandlerContext ctx;
    private final InputLimit limit;
    private final InputQueue queue;
    private StreamMeter meter;
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
    /** As the handler's context is, a little later. */
    private boolean removed;

    SpliceInput(ChannelHandlerContext ctx, SpliceOptions options) {
        this.ctx = ctx;
        limit = new InputLimit(ctx, this);
        boolean isAlone = Place.isAlone(ctx);
        queue = new InputQueue(ctx, limit, !isAlone);
        meter = new StreamMeter(options);
        request = isAlone ? ReadRequest.ALONE : ReadRequest.UNKNOWN;
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
        meter = source == null
                ? meter
                : new StreamMeter(meter.options); // the other's is told on its loop, of what is under way
        source = null;
        request = ReadRequest.NONE;
        keptBack = false;
    }

    void registered() {
        request = request.registered();
        lookForOthers();
    }

    /** Who stand in front of us, and may read, or keep back what we read. */
    void lookForOthers() {
        request = keptBack || Place.isFirst(ctx) ? request : ReadRequest.UNKNOWN;
    }

    void removed() {
        removed = true;
        if (isSplicing()) {
            source.stop(SpliceFallback.HANDLER_REMOVED);
        }
        if (limit.isSet()) {
            limit.fail(new IllegalStateException("the handler was removed"));
        }
        queue.giveAll();
        if (isHolding()) {
            queue.claimed().left();
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
        limit.goesOn();
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
        queue.read(message);
    }

    void readComplete() {
        request = answered && request.isKnown() ? ReadRequest.NONE : request;
        answered = false;
        limit.goesOn();
        if (burst > 0) {
            Counters.BYTES_COPIED.add(burst);
            meter.copied(burst);
            burst = 0;
            mayStart();
        }
        queue.readComplete(); // at last: those who are told will ask for more
    }

    boolean isToldToSplice() {
        return source != null && source.isToldToSplice();
    }

    private boolean isSplicing() {
        return source != null && source.isSplicing();
    }

    /** Splices from here on if that is known to pay, or looks at the next wake-up whether it will. */
    private void mayStart() {
        if (!isSplicing() && (limit.isSet() ? meter.isStreamOf(limit.remaining()) : meter.mayBeStream())) {
            start();
        }
    }

    private void start() {
        if (handle == null || removed || !ctx.channel().isActive() || Place.isInputShutdown(ctx.channel())) {
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
        if (!limit.isSet()) {
            return Long.MAX_VALUE;
        }
        return Place.isFirst(ctx) ? limit.remaining() : 0;
    }

    /** See {@link EpollSpliceHandler#limit}; whose bytes are a transfer's, or else the pipeline's. */
    ProgressiveFuture<Long> limit(long bytes, Taker taker) {
        if (removed && ctx.channel().isOpen()) {
            throw new IllegalStateException("the handler was removed");
        }
        ProgressiveFuture<Long> future = limit.set(bytes, taker);
        if (!ctx.channel().isOpen()) {
            limit.closed();
        } else if (bytes == 0) {
            limit.succeed();
        } else {
            if (queue.isEmpty()) {
                limit.endIfOver();
            }
            mayStart();
        }
        return future;
    }

    /** Back to what the policy says. */
    @Override
    public void leftLimit() {
        if (isSplicing() && meter.options.policy() != Policy.ALWAYS) {
            source.stop(null);
        }
    }

    /**
     * How it reads: as if the next handler did.
     *
     * @throws IllegalStateException if a limit is under way
     */
    ClaimedSource claim(Taker taker, Runnable read) {
        limit.checkUnset();
        if (queue.claimed() == null) {
            queue.claimedBy(new ClaimedSource(ctx, queue, limit, read));
        }
        queue.claimed().claim(taker);
        return queue.claimed();
    }

    /** Bytes are being transferred. */
    boolean isTaken() {
        return isHolding() && queue.claimed().isTaken();
    }

    /** They are, or have been, and some may be left. */
    boolean isHolding() {
        return queue.claimed() != null;
    }

    /** A {@code read()} comes by. Returns whether it is to be done later. */
    boolean keepsRead() {
        if (!isHolding()) {
            return false;
        }
        queue.claimed().readAsked();
        return true;
    }

    /** The channel is registered, as all know. */
    void goOnHere() {
        if (handle != null) {
            handle.flushPending(); // if it has moved, Netty has dropped the interest in EPOLLOUT
        }
        if (isHolding()) {
            queue.claimed().registered();
        }
    }

    void event(Object event) {
        queue.event(event);
    }

    @Override
    public void failed(Throwable cause) {
        limit.fail(cause);
    }

    /** Netty tells behind the last message that reading failed, and ends the input next. */
    void mayHaveFailed(Throwable cause) {
        limit.mayHaveFailed(cause);
    }

    void closed() {
        queue.giveAll(); // which counts
        limit.closed();
    }
}
