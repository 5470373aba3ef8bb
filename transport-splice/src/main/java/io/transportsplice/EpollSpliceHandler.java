// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static io.netty.util.internal.ObjectUtil.checkNotNull;
import static io.netty.util.internal.ObjectUtil.checkPositiveOrZero;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultMessageSizeEstimator;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.epoll.AbstractEpollStreamChannel;
import io.netty.util.concurrent.ProgressiveFuture;
import io.transportsplice.SpliceOptions.Policy;
import java.io.IOException;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;

/**
 * Lets a proxy's bytes bypass user space. Put one <b>first</b> into the pipeline of each of the two channels, with the
 * proxy's own handlers behind it, and change nothing else:
 *
 * <pre>{@code
 * channel.pipeline().addLast(new EpollSpliceHandler(), new RelayHandler());
 * }</pre>
 *
 * <p>What the channel reads are {@code ByteBuf}s, as ever, but some of them are still in a kernel pipe. A handler that
 * looks at their bytes makes them ordinary buffers, and sees what it always sees; if nobody looks before such a buffer is
 * written to a channel whose pipeline begins with an {@code EpollSpliceHandler}, it is spliced from the pipe into that
 * channel's socket, in its place among the other writes. So a decoder, TLS or a compressor costs the splicing, never a
 * byte, and whatever else is in a pipeline works as ever: {@code read()} and autoRead, write futures,
 * {@code isWritable()}, idle and traffic handlers, half-closure, two event loops.
 *
 * <p>When it splices is the {@link SpliceOptions.Policy}'s to say. Each reason for copying has a counter in
 * {@link SpliceMetrics}. On other transports, or where {@link EpollSplice} is unavailable, it passes everything through. It
 * may be added and removed at any time, in mid-stream too, on the channel's event loop.
 *
 * <p>Its channel is registered with its event loop a second time, once, as soon as the handler is the pipeline's first and
 * knows of any outstanding read, which no other handler notices; {@link EpollSplice#wrap} spares that. From then on
 * {@code channel.eventLoop()} is a view of the loop, which does the same on the same thread. That guards the channel, whatever
 * the policy, against a bug of Netty since 4.2.13: once the peer has half-closed, and rarely before, the channel's epoll
 * registration may get lost, and the next write that must wait, or the next read, fails.
 *
 * <p>One per channel. Its methods are called by Netty, on the channel's event loop.
 */
@NullMarked
public final class EpollSpliceHandler extends ChannelDuplexHandler {

    private final SpliceOptions options;
    private ChannelHandlerContext ctx;
    /** Null once the channel is adopted, or if it cannot be. */
    private @Nullable SpliceRegistration registration;

    private SpliceInput input;
    /** Null until bytes in a pipe are written: idle channels are many. */
    private @Nullable SpliceOutput output;
    /** The pipeline's, which keeps the one that its first write finds; a user's knows no regions. */
    private @Nullable MessageSizeEstimator estimator;

    private boolean possible; // else everything is passed through

    /** With {@link SpliceOptions#defaults()}. */
    public EpollSpliceHandler() {
        this(SpliceOptions.defaults());
    }

    public EpollSpliceHandler(SpliceOptions options) {
        this.options = checkNotNull(options, "options");
    }

    // Life cycle.

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        ctx = context;
        input = new SpliceInput(context, options);
        begin();
    }

    private void begin() {
        SpliceFallback reason = obstacle();
        possible = reason == null;
        if (possible) {
            awaitAdoption();
            registration.adopt();
            reason = options.policy() == Policy.NEVER ? SpliceFallback.POLICY_NEVER : null;
        }
        if (reason != null) {
            Counters.fallback(reason, ctx.channel());
        }
    }

    private void awaitAdoption() {
        registration = new SpliceRegistration(ctx, input, () -> registration = null);
    }

    private @Nullable SpliceFallback obstacle() {
        if (Availability.LIBC == null) {
            return SpliceFallback.UNAVAILABLE;
        }
        if (!(ctx.channel() instanceof AbstractEpollStreamChannel)
                || !ctx.channel().eventLoop().inEventLoop()) { // but on an executor of its own
            return SpliceFallback.NOT_EPOLL;
        }
        // Added twice by mistake: the one in front does all the work.
        return ctx.pipeline().get(EpollSpliceHandler.class) == this ? null : SpliceFallback.NOT_FIRST;
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        input.removed();
        EpollSpliceHandler next = context.pipeline().get(EpollSpliceHandler.class);
        if (next != null && next.ctx != null && !next.possible) { // as there was this one
            next.begin();
        }
    }

    @Override
    public void channelRegistered(ChannelHandlerContext context) {
        if (possible && !ctx.channel().eventLoop().inEventLoop()) { // any more
            possible = false;
            registration = null;
            Counters.fallback(SpliceFallback.NOT_EPOLL, context.channel());
        }
        input.registered();
        if (registration != null) {
            registration.adopt();
        }
        context.fireChannelRegistered();
        input.goOnHere();
    }

    @Override
    public void channelUnregistered(ChannelHandlerContext context) {
        if (registration != null) {
            registration.unregistered();
        } else if (possible) {
            awaitAdoption();
        }
        input.unregistered();
        context.fireChannelUnregistered();
    }

    @Override
    public void deregister(ChannelHandlerContext context, ChannelPromise promise) {
        if (registration != null) {
            registration.deregistering();
        }
        context.deregister(promise);
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        if (registration != null) {
            registration.adopt();
        }
        input.lookForOthers();
        context.fireChannelActive();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        input.closed();
        context.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof IOException) {
            input.mayHaveFailed(cause);
        }
        context.fireExceptionCaught(cause);
    }

    // The input.

    SpliceInput input() {
        return input;
    }

    @Override
    public void read(ChannelHandlerContext context) {
        if (!input.keepsRead()) {
            readOn();
        }
    }

    void readOn() {
        tryAgain();
        if (input.read(registration != null && registration.isAdopting())) {
            ctx.read();
        }
    }

    private void tryAgain() {
        if (registration != null) {
            registration.tryAgain();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        input.read(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        tryAgain();
        input.readComplete();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        input.event(event);
    }

    /**
     * Makes the next {@code bytes} bytes of the stream travel in messages of their own, exactly: the last of them ends
     * where they end, and what comes behind is read as ever. That is what a message with a known length needs, such as an
     * HTTP body with a Content-Length, on a connection that lives on; {@link Policy#ON_DEMAND} is the policy for it.
     *
     * <p>Each is a {@link io.netty.buffer.ByteBufHolder}, so that it passes the decoders behind this handler. Write its
     * {@code content()} to any channel; or, to pass the encoders, itself to one that has an {@code EpollSpliceHandler} with no
     * {@code SslHandler} behind it. Bytes that a decoder has read already are the caller's. Where splicing is refused, is not
     * worth it (fewer than 64 KiB, unless the policy is {@link Policy#ALWAYS}), or is impossible on this transport, they come
     * in the same way, copied, when {@code read()} asks for them. What a transfer has read too much is counted.
     *
     * <p>One at a time; another may follow within its future's listener, unless that is nested so deeply in others that Netty
     * runs it later (8). To be called on the channel's event loop.
     *
     * @param bytes how many, {@link Long#MAX_VALUE} for all that come
     * @return done when the last message has been handed to the next handler; its value, the bytes handed on, is less than
     *     {@code bytes} if the input ended before, by TLS's {@code close_notify} or on a channel with ALLOW_HALF_CLOSURE.
     *     Failed if the channel fails or is closed, the handler is removed, or a FIN ends TLS. Reports progress. May be
     *     cancelled: what was taken from the socket has been handed on, the rest is read as ever.
     * @throws IllegalStateException if a limit is under way, or there is an SslHandler behind, whose bytes are not the
     *     stream's, or this is not the event loop, or the handler is in no pipeline
     */
    public ProgressiveFuture<Long> limit(long bytes) {
        checkPositiveOrZero(bytes, "bytes");
        if (ctx == null) {
            throw new IllegalStateException("limit() needs the handler to be in a pipeline");
        }
        if (!ctx.executor().inEventLoop()) {
            throw new IllegalStateException("limit() is to be called on the event loop of the handler's channel");
        }
        return input.limit(bytes, null);
    }

    /** Bytes that were spliced into this channel's socket so far, once it is closed, too. On the channel's event loop. */
    public long bytesSpliced() {
        return output == null ? 0 : output.bytesSpliced();
    }

    /**
     * Whether what this channel reads is spliced at present, as the last {@link SpliceStateEvent} told, or would have. To be
     * called on the channel's event loop.
     */
    public boolean isSplicing() {
        return input != null && input.isToldToSplice();
    }

    // The output.

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        Object meant = LimitedBytes.unwrap(message);
        if (!possible) {
            context.write(meant, promise);
            return;
        }
        if (estimator == null) {
            estimator = context.channel().config().getMessageSizeEstimator();
        }
        if (meant instanceof ByteBuf buffer && SpliceOutput.mayBeInAPipe(buffer)) {
            output = output == null ? new SpliceOutput((AbstractEpollStreamChannel) ctx.channel(), options) : output;
            output.write(ctx, buffer, isSizeKnown(), promise);
        } else {
            if (output != null) {
                output.writesOther(meant);
            }
            context.write(meant, promise);
        }
    }

    /** A user's estimator knows buffers, and fails on, or does not count, what it does not know. */
    private boolean isSizeKnown() {
        return estimator instanceof DefaultMessageSizeEstimator
                && ctx.channel().config().getMessageSizeEstimator() instanceof DefaultMessageSizeEstimator;
    }

    @Override
    public void flush(ChannelHandlerContext context) {
        if (output != null) {
            output.flush();
        }
        context.flush();
    }
}
