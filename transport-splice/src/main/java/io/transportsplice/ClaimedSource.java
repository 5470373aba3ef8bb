// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.UnsupportedMessageTypeException;

/**
 * A channel whose bytes are transferred, as long as one transfer follows the other: says who may have what is in its
 * {@link InputQueue}. For the time being autoRead is off and ALLOW_HALF_CLOSURE on. What was read beyond the end of a
 * transfer waits for the next one, or else for the source's own pipeline, which gets it when it reads again.
 *
 * <p>Confined to the event loop of its channel.
 */
final class ClaimedSource {

    private final ChannelHandlerContext ctx;
    private final InputQueue queue;
    private final InputLimit limit;
    private final Runnable read;
    /** Null between two transfers, and after the last. */
    private Taker taker;

    private boolean wasAutoRead;
    private boolean wasHalfClosing;
    private boolean inputEnded;
    /** The source's own pipeline may have what comes. */
    private boolean open;
    /** The source's own pipeline asked for a message. */
    private boolean readAsked;
    /** A transfer asked for one, and nobody else has: Netty takes no read() back. */
    private boolean readAhead;
    /** Nobody will ask any more. */
    private boolean givesAll;

    ClaimedSource(ChannelHandlerContext ctx, InputQueue queue, InputLimit limit, Runnable read) {
        this.ctx = ctx;
        this.queue = queue;
        this.limit = limit;
        this.read = read;
    }

    boolean isTaken() {
        return taker != null;
    }

    void claim(Taker newTaker) {
        taker = newTaker;
        open = false;
        wasAutoRead = channel().config().isAutoRead();
        wasHalfClosing = Boolean.TRUE.equals(channel().config().getOption(ChannelOption.ALLOW_HALF_CLOSURE));
        channel().config().setAutoRead(false);
        channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true); // an end is to be known as one
    }

    private Channel channel() {
        return ctx.channel();
    }

    /** His transfer is about to end: the source is as it was before, but for what is held. */
    void release(Taker of) {
        if (taker == null || taker != of) {
            return; // it has been already
        }
        taker = null;
        channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, wasHalfClosing);
        if (wasAutoRead) { // else it is on if somebody switched it on
            channel().config().setAutoRead(true);
        }
    }

    /** If no other transfer follows at once, the source's own pipeline has what is held. */
    void openLater() {
        Tasks.execute(channel().eventLoop(), this::open, () -> {});
    }

    private void open() {
        if (taker != null
                || open
                || !channel().isRegistered()
                || !ctx.executor().inEventLoop()) {
            return; // where it is registered next this is done again
        }
        open = true;
        queue.endBurst();
        queue.goOn();
        if (inputEnded && open && !wasHalfClosing) {
            channel().close(); // as Netty would have
        }
    }

    /** What is held goes on, as far as it may. */
    void goOn() {
        queue.goOn();
    }

    void registered() {
        if (taker != null) {
            taker.readComplete();
        } else if (!open) {
            openLater();
        }
    }

    /** The transfer asks for a message. */
    void read() {
        readAhead = true;
        read.run();
    }

    /** The source's own pipeline asks for one. */
    void readAsked() {
        readAsked |= !channel().config().isAutoRead(); // else whoever switches that off takes it back
        if (taker != null) {
            keepAutoReadOff();
        } else if (open) {
            queue.goOn();
        }
    }

    /** Somebody switched it on: it will be, behind the transfer. Whoever switches it off takes back what was asked for. */
    private void keepAutoReadOff() {
        wasAutoRead |= channel().config().isAutoRead();
        channel().config().setAutoRead(false);
        if (readAhead) {
            read.run();
        }
    }

    private boolean isAsked() {
        return readAsked || channel().config().isAutoRead();
    }

    /**
     * Whoever's turn it is.
     *
     * @param isGiving whether the pipeline is to have what comes before the next channelReadComplete, as it has got what was
     *     read with it
     */
    boolean mayHave(Object message, boolean isGiving) {
        if (givesAll) {
            return true;
        }
        if (taker == null) {
            return open && (isGiving || inputEnded || isAsked());
        }
        if (message instanceof ByteBuf) {
            return isTaking(taker);
        }
        while (isTaking(taker)) { // whose end another may follow
            taker.fail(new UnsupportedMessageTypeException(message, ByteBuf.class));
        }
        return false;
    }

    /** Whether what comes is his. */
    boolean isTaking(Taker one) {
        return one != null && limit.isOf(one);
    }

    /** A message goes on. Returns whether it goes to the source's own pipeline. */
    boolean givesOne() {
        boolean isPipelines = open || givesAll;
        if (isPipelines) {
            readAsked = false;
        } else {
            readAhead = false;
        }
        return isPipelines;
    }

    /** Of what the taker has got, too. Returns whether the source's own pipeline is to be told. */
    boolean readComplete() {
        if (taker != null) {
            taker.readComplete();
        }
        return open;
    }

    /** Netty reads to the end unasked, and so do we. */
    void inputEnds() {
        inputEnded = true;
        readAhead = false;
    }

    /** For ever, as the handler leaves, or the channel has ended. */
    void giveAll() {
        givesAll = true;
        release(taker);
    }

    /** Who asked before the handler left is served. */
    void left() {
        if (readAsked && channel().isOpen()) {
            readAsked = false;
            read.run();
        }
    }

    /** Has gone on as far as it may. */
    void wentOn() {
        if (taker == null && open && queue.isEmpty()) {
            readOrLeave();
        }
    }

    private void readOrLeave() {
        boolean isAsked = isAsked();
        if (isAsked) {
            readAsked = false;
            readAhead = false;
        }
        if (!readAhead) {
            queue.claimedBy(null);
        }
        if (isAsked) {
            read.run(); // at last: those in front may answer within
        }
    }
}
