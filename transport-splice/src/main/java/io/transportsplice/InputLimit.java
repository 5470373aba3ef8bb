// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.ProgressiveFuture;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;

/**
 * What {@link EpollSpliceHandler#limit} asks for: hands on what is read, cut so that a message ends where the limit does.
 *
 * <p>Confined to the event loop of its channel; anybody may cancel the future of a limit.
 */
final class InputLimit {

    /** Who holds what is read: it counts, and is cut, when it goes on. */
    interface Keeper {
        /** Whether a message that comes now is held. */
        boolean isKeeping();

        /** Whether one is. */
        boolean hasMessages();
    }

    private static final Object COMPLETE = new Object();

    private final ChannelHandlerContext ctx;
    private final Runnable left;
    /** Null while there is no limit. */
    private BytesPromise promise;

    private final Consumer<Object> ahead;
    /** Where messages go: ahead, but for what was held. */
    private Consumer<Object> next;
    /** Null while nobody holds anything. */
    private Keeper keeper;
    /** Not null while a message is cut: what a handler in front gives as soon as it is asked has to wait. */
    private Queue<Object> behind;

    /** What is to be done when a limit ends, before anybody is told. */
    InputLimit(ChannelHandlerContext ctx, Runnable left) {
        this.ctx = ctx;
        this.left = left;
        ahead = ctx::fireChannelRead;
        next = ahead;
    }

    /** Whether bytes are to come for which somebody waits. */
    boolean isSet() {
        return promise != null && !promise.isDone(); // who cancels may be told of it later than the next message comes
    }

    long remaining() {
        return promise.remaining();
    }

    void checkUnset() {
        if (isSet()) {
            throw new IllegalStateException(remaining() + " bytes of another limit are to come");
        }
    }

    ProgressiveFuture<Long> set(long bytes) {
        checkUnset();
        if (Place.isBeforeTls(ctx)) {
            throw new IllegalStateException("the bytes before an SslHandler are not the stream's");
        }
        BytesPromise started = new BytesPromise(bytes, ctx::executor);
        promise = started;
        started.addListener(done -> {
            if (done.isCancelled() && promise == started) {
                leave();
            }
        });
        return started;
    }

    void keptBy(Keeper newKeeper) {
        keeper = newKeeper;
    }

    /** Whether messages are still to come that were read before the input ended. */
    boolean isBehind() {
        return behind != null || (keeper != null && keeper.hasMessages());
    }

    void read(Object message) {
        if (behind == null && isKeeping()) {
            ctx.fireChannelRead(message);
        } else {
            goOn(message, ahead);
        }
    }

    private boolean isKeeping() {
        return keeper != null && keeper.isKeeping();
    }

    /** A message that nobody holds any more goes there. */
    void goOn(Object message, Consumer<Object> to) {
        Consumer<Object> outer = next;
        next = to;
        try {
            goOn(message);
        } finally {
            next = outer;
        }
    }

    private void goOn(Object message) {
        if (behind != null) {
            behind.add(message);
            return;
        }
        for (Object one = message; one != null; one = behind == null ? null : behind.poll()) {
            cut(one);
        }
        behind = null;
    }

    void readComplete() {
        if (behind == null) {
            ctx.fireChannelReadComplete();
        } else {
            behind.add(COMPLETE);
        }
    }

    private void cut(Object message) {
        while (isSet() && !isKeeping() && message instanceof ByteBuf buffer && buffer.isReadable()) {
            if (remaining() >= buffer.readableBytes()) {
                pass(buffer);
                return;
            }
            behind = behind == null ? new ArrayDeque<>() : behind;
            pass(buffer.readRetainedSlice((int) remaining()));
        }
        if (message == COMPLETE) {
            ctx.fireChannelReadComplete();
        } else {
            next.accept(message);
        }
    }

    private void pass(ByteBuf bytes) {
        BytesPromise current = promise;
        current.passed(bytes.readableBytes());
        boolean isLast = current.remaining() == 0;
        if (isLast) {
            leave(); // before the last of it goes, so that its receiver may set the next limit
        }
        next.accept(new LimitedBytes(bytes));
        current.progress(); // behind its bytes: whoever is told may set another, whose these would be taken for
        if (isLast) {
            current.succeed();
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
        left.run();
        return old;
    }
}
