// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What is read, in order, on its way to the next handler or to a transfer: cut where a limit ends, and held while a
 * {@link ClaimedSource} says so. What a handler in front gives while a message goes on waits until that has.
 *
 * <p>Confined to the event loop of its channel.
 */
final class InputQueue {

    private static final Object READ_COMPLETE = new Object();

    private final ChannelHandlerContext ctx;
    private final InputLimit limit;
    /** Messages, and events that must not overtake them. Null until one has to wait: idle channels are many. */
    private Deque<Object> waiting;
    /** Null unless bytes of the channel are transferred, or have been and some are left. */
    private ClaimedSource claimed;

    private boolean goingOn;
    /** The pipeline has got something since its last channelReadComplete. */
    private boolean given;

    /** Before the handler came the pipeline may have got something: if somebody was there. */
    InputQueue(ChannelHandlerContext ctx, InputLimit limit, boolean given) {
        this.ctx = ctx;
        this.limit = limit;
        this.given = given;
    }

    boolean isEmpty() {
        return waiting == null || waiting.isEmpty();
    }

    /** Null if it is not. */
    ClaimedSource claimed() {
        return claimed;
    }

    /** Or by nobody, if that is null. */
    void claimedBy(ClaimedSource source) {
        claimed = source;
    }

    void read(Object message) {
        if (isEmpty() && claimed == null && !limit.isSet()) {
            given = true;
            ctx.fireChannelRead(message);
        } else {
            add(message);
        }
    }

    void readComplete() {
        if (isEmpty()) {
            tellComplete();
            endIfOver();
            return;
        }
        if (claimed != null) {
            claimed.readComplete(); // of what it has got, though the rest is held
        }
        add(READ_COMPLETE);
    }

    private void tellComplete() {
        if (claimed == null || claimed.readComplete() || given) {
            given = false;
            ctx.fireChannelReadComplete();
        }
    }

    /** No handler in front need have told. */
    void endBurst() {
        if (given) {
            tellComplete();
        }
    }

    void event(Object event) {
        if (claimed != null && event == ChannelInputShutdownReadComplete.INSTANCE) {
            claimed.inputEnds();
        }
        if (isEmpty() || !isEnd(event)) {
            pass(event);
        } else {
            add(event);
        }
    }

    private void add(Object next) {
        waiting = waiting == null ? new ArrayDeque<>(2) : waiting;
        waiting.add(next);
        goOn();
    }

    /** All that may. */
    void goOn() {
        assert ctx.executor().inEventLoop();
        if (goingOn) {
            return;
        }
        goingOn = true;
        try {
            while (!isEmpty() && mayGoOn(waiting.peek())) {
                goOn(waiting.poll());
            }
        } finally {
            goingOn = false;
        }
        if (!isEmpty()) { // the rest is held
            endBurst();
        }
        endIfOver();
        if (claimed != null) {
            claimed.wentOn();
        }
    }

    /** Nobody tells again. */
    private void endIfOver() {
        if (isEmpty() && limit.hasEnded()) {
            limit.endIfOver();
        }
    }

    private boolean mayGoOn(Object next) {
        return claimed == null || next == READ_COMPLETE || isEnd(next) || claimed.mayHave(next, given);
    }

    private static boolean isEnd(Object event) {
        return event == ChannelInputShutdownEvent.INSTANCE
                || event == ChannelInputShutdownReadComplete.INSTANCE
                || event instanceof SslCloseCompletionEvent;
    }

    private void goOn(Object next) {
        if (next == READ_COMPLETE) {
            tellComplete();
        } else if (isEnd(next)) {
            pass(next);
        } else {
            give(next);
        }
    }

    private void give(Object message) {
        boolean isLimited = limit.isSet() && message instanceof ByteBuf;
        Object part = isLimited ? upToLimit((ByteBuf) message) : message;
        if (part == null) {
            return;
        }
        given |= claimed == null || claimed.givesOne();
        if (isLimited) {
            limit.pass((ByteBuf) part);
        } else {
            ctx.fireChannelRead(part);
        }
    }

    /** Null if there is no memory for it: all is as it was, without the limit. */
    private ByteBuf upToLimit(ByteBuf buffer) {
        if (buffer.readableBytes() <= limit.remaining()) {
            return buffer;
        }
        waiting.addFirst(buffer); // the rest is next
        try {
            return buffer.readRetainedSlice((int) limit.remaining());
        } catch (Throwable e) {
            limit.fail(e);
            return null;
        }
    }

    private void pass(Object event) {
        if (event == ChannelInputShutdownReadComplete.INSTANCE || event == SslCloseCompletionEvent.SUCCESS) {
            limit.end();
        }
        ctx.fireUserEventTriggered(event);
    }

    /** To the pipeline, though nobody asks. */
    void giveAll() {
        goingOn = false; // what a handler in front gives next passes us, even within a message
        if (claimed == null) {
            goOn();
        } else {
            claimed.giveAll();
            goOn();
            endBurst();
        }
    }
}
