// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.channel;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import java.util.EnumSet;
import java.util.concurrent.CompletableFuture;

/** When a user's handler, or another thread, does something to a channel. */
enum Moment {
    HANDLER_ADDED,
    REGISTERED,
    ACTIVE,
    /** So many tasks after the handler was added: before, between and after the steps of an adoption. */
    FIRST_TASK,
    SECOND_TASK,
    THIRD_TASK,
    FOURTH_TASK,
    ANOTHER_THREAD,
    FIRST_READ,
    READ_COMPLETE,
    /** In the listener of the first write. */
    WRITTEN,
    /** When the first bytes are flushed. */
    FLUSH;

    /** Whether a handler that comes when the splice handler does sees it. */
    boolean comesTo(Variant variant) {
        return variant.isThereWhenActive() || (this != REGISTERED && this != ACTIVE);
    }

    /** Of a channel that connects. */
    boolean mayBeBeforeActive() {
        return EnumSet.range(HANDLER_ADDED, ANOTHER_THREAD).contains(this) && this != ACTIVE;
    }

    /** Of a channel that is accepted. */
    boolean isBeforeActive() {
        return this == HANDLER_ADDED || this == REGISTERED;
    }

    /** Whether the peer must have sent something. */
    boolean needsBytes() {
        return this == FIRST_READ || this == READ_COMPLETE;
    }

    /** Whether the channel must write something. */
    boolean needsWrite() {
        return this == WRITTEN || this == FLUSH;
    }

    /** A handler that acts at this moment, once. */
    Handler handler(Stage.Act act) {
        return new Handler(this, act);
    }

    static final class Handler extends ChannelDuplexHandler {

        private final Moment moment;
        private final Stage.Act act;
        private final CompletableFuture<Void> done = new CompletableFuture<>();
        private boolean begun;

        private Handler(Moment moment, Stage.Act act) {
            this.moment = moment;
            this.act = act;
        }

        /** Done when it has acted. */
        CompletableFuture<Void> done() {
            return done;
        }

        private void now(Moment current, Channel channel) {
            if (current != moment || begun) {
                return;
            }
            begun = true;
            try {
                act.on(channel);
                done.complete(null);
            } catch (Exception | AssertionError e) {
                done.completeExceptionally(e);
            }
        }

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            now(HANDLER_ADDED, ctx.channel());
            switch (moment) {
                case FIRST_TASK -> after(1, ctx.channel());
                case SECOND_TASK -> after(2, ctx.channel());
                case THIRD_TASK -> after(3, ctx.channel());
                case FOURTH_TASK -> after(4, ctx.channel());
                case ANOTHER_THREAD -> CompletableFuture.runAsync(() -> now(moment, ctx.channel()));
                default -> {}
            }
        }

        private void after(int tasks, Channel channel) {
            if (tasks == 0) {
                now(moment, channel);
            } else {
                channel.eventLoop().execute(() -> after(tasks - 1, channel));
            }
        }

        @Override
        public void channelRegistered(ChannelHandlerContext ctx) {
            ctx.fireChannelRegistered();
            now(REGISTERED, ctx.channel());
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            ctx.fireChannelActive();
            now(ACTIVE, ctx.channel());
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.fireChannelRead(message);
            now(FIRST_READ, ctx.channel());
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            ctx.fireChannelReadComplete();
            now(READ_COMPLETE, ctx.channel());
        }

        @Override
        public void flush(ChannelHandlerContext ctx) {
            ctx.flush();
            now(FLUSH, ctx.channel());
        }

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            ctx.write(message, promise.unvoid().addListener(written -> now(WRITTEN, ctx.channel())));
        }
    }
}
