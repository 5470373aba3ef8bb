// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.ProgressiveFuture;
import java.nio.channels.ClosedChannelException;
import javax.net.ssl.SSLException;

/**
 * What {@link EpollSpliceHandler#limit} asks for: so many bytes, and how it ends.
 *
 * <p>Confined to the event loop of its channel; anybody may cancel the future of a limit.
 */
final class InputLimit {

    interface Owner {
        /** A limit has ended, and nobody has been told yet. */
        void leftLimit();
    }

    private final ChannelHandlerContext ctx;
    private final Owner owner;
    /** Null while there is no limit. */
    private BytesPromise promise;
    /** Null if the bytes are the pipeline's. */
    private Taker taker;
    /** An end has been told. */
    private boolean ended;
    /** The input's if it ends next, or the channel does; else what failed is something else. */
    private Throwable failure;

    InputLimit(ChannelHandlerContext ctx, Owner owner) {
        this.ctx = ctx;
        this.owner = owner;
    }

    /** Whether bytes are to come for which somebody waits. */
    boolean isSet() {
        return promise != null && !promise.isDone(); // who cancels may be told of it later than the next message comes
    }

    boolean isOf(Taker one) {
        return isSet() && taker == one;
    }

    long remaining() {
        return promise.remaining();
    }

    void checkUnset() {
        if (isSet()) {
            throw new IllegalStateException(remaining() + " bytes of another limit are to come");
        }
    }

    ProgressiveFuture<Long> set(long bytes, Taker newTaker) {
        checkUnset();
        if (Place.isBeforeTls(ctx)) {
            throw new IllegalStateException("the bytes before an SslHandler are not the stream's");
        }
        BytesPromise started = new BytesPromise(bytes, ctx::executor);
        promise = started;
        taker = newTaker;
        ended |= Place.isInputShutdown(ctx.channel()); // by its user, who is not told
        started.addListener(done -> {
            if (done.isCancelled() && promise == started) {
                leave();
            }
        });
        return started;
    }

    /** Bytes within the limit. */
    void pass(ByteBuf bytes) {
        BytesPromise current = promise;
        Taker receiver = taker;
        current.passed(bytes.readableBytes());
        boolean isLast = current.remaining() == 0;
        if (isLast) {
            leave(); // before the last of it goes, so that its receiver may set the next limit
        }
        if (receiver == null) {
            ctx.fireChannelRead(new LimitedBytes(bytes));
        } else {
            receiver.read(bytes);
        }
        current.progress(); // behind its bytes: whoever is told may set another, whose these would be taken for
        if (isLast) {
            current.succeed();
        }
    }

    /** Something has been read. */
    void goesOn() {
        failure = null;
    }

    /** Netty tells behind the last message that reading failed, and ends the input next. */
    void mayHaveFailed(Throwable cause) {
        failure = cause;
    }

    /** The input has ended. */
    void end() {
        ended = true;
        endIfOver();
    }

    boolean hasEnded() {
        return ended;
    }

    /** Nothing is to come. TLS ends by its {@code close_notify}: who ends the input without one may be no peer (RFC 8446, 6.1). */
    void endIfOver() {
        if (!isSet()) {
            return;
        }
        SslHandler tls = Place.tlsInFront(ctx);
        boolean hasClosed = tls != null && Place.hasEnded(tls);
        boolean isShutdown = Place.isInputShutdown(ctx.channel());
        if (hasClosed || (isShutdown && tls == null && failure == null)) {
            succeed();
        } else if (isShutdown) {
            fail(failure == null ? new SSLException("the input ended without a close_notify") : failure);
        }
    }

    void closed() {
        if (isSet()) { // an exception costs microseconds, on each connection
            fail(failure == null ? new ClosedChannelException() : failure);
        }
    }

    /** No more come, which is no fault. */
    void succeed() {
        if (isSet()) {
            leave().succeed();
        }
    }

    void fail(Throwable cause) {
        if (isSet()) {
            leave().tryFailure(cause);
        }
    }

    private BytesPromise leave() {
        BytesPromise old = promise;
        promise = null;
        taker = null;
        owner.leftLimit();
        return old;
    }
}
