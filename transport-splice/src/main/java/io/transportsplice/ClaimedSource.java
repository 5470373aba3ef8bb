// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.codec.UnsupportedMessageTypeException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The source of transfers, as long as one follows the other: stands directly behind its splice handler. For
 * the time being autoRead is off and ALLOW_HALF_CLOSURE on. What was read beyond the end of a transfer is held, for the
 * next one, or else for the source's own pipeline, which gets it when it reads again.
 *
 * <p>Confined to the event loop of its channel.
 */
final class ClaimedSource extends ChannelDuplexHandler implements InputLimit.Keeper {

    private EpollSpliceHandler handler;
    private final HeldMessages held = new HeldMessages();

    private ChannelHandlerContext ctx;
    /** Null between two transfers, and after the last. */
    private Taker taker;

    private boolean wasAutoRead;
    private boolean wasHalfClosing;
    private boolean inputEnded;
    /** The source's own pipeline may have what comes. */
    private boolean open = true;
    /** The source's own pipeline asked for a message. */
    private boolean readAsked;
    /** A transfer asked for one, and nobody else has: Netty takes no read() back. */
    private boolean readAhead;
    /** What is held is on its way to the source's own pipeline. */
    private boolean delivering;

    private Runnable afterDelivery = () -> {};

    /** @throws IllegalStateException if another transfer is under way, or a limit */
    static ClaimedSource claim(Channel channel, Taker taker) {
        EpollSpliceHandler handler = Place.handlerOf(channel);
        ChannelPipeline pipeline = channel.pipeline();
        ChannelHandlerContext splice = pipeline.context(handler);
        ClaimedSource found = pipeline.get(ClaimedSource.class);
        if (found != null && found.taker != null) {
            throw new IllegalStateException("bytes of this channel are being transferred already");
        }
        handler.input().checkUnlimited();
        ClaimedSource source = found;
        if (found == null || !Place.isBehind(splice, found.ctx) || found.held.isOfBefore(splice)) {
            source = new ClaimedSource();
            pipeline.addAfter(splice.name(), null, source);
            source.ctx = pipeline.context(source);
        }
        source.handler = handler; // the one of an earlier transfer may have been removed
        handler.input().keptBy(source);
        source.claimedBy(taker);
        if (found != null && found != source) {
            source.readAsked = found.readAsked;
            source.inputEnded = found.inputEnded;
            pipeline.remove(found); // what it holds comes by what stands between them, such as an SslHandler
        }
        return source;
    }

    private void claimedBy(Taker newTaker) {
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

    EpollSpliceHandler handler() {
        return handler;
    }

    /** What was read too early. */
    HeldMessages held() {
        return held;
    }

    void read() {
        readAhead = true;
        ctx.read();
    }

    /** His transfer is about to end: the source is as it was before, but for what is held. */
    void release(Taker of) {
        if (taker != of) {
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
        if (taker != null || open || ctx.isRemoved()) {
            return;
        }
        if (!channel().isRegistered() || !ctx.executor().inEventLoop()) {
            return; // where it is registered next this is done again
        }
        open = true;
        if (inputEnded) {
            deliverHeld(() -> open);
            if (open && !wasHalfClosing) {
                channel().close(); // as Netty would have
            }
        } else if (readAsked) {
            read(ctx);
        } else {
            deliverHeld(() -> false);
        }
        leaveIfEmpty();
    }

    private void leaveIfEmpty() {
        if (open && held.isEmpty() && !readAhead && !ctx.isRemoved()) {
            ctx.pipeline().remove(this);
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        deliverHeld(() -> true);
    }

    @Override
    public void channelRegistered(ChannelHandlerContext context) {
        context.fireChannelRegistered();
        if (taker != null) {
            taker.readMore();
        } else if (!open) {
            openLater();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof LimitedBytes limited && taker != null && taker.isTaking()) {
            readAhead = false;
            taker.read(limited.content());
        } else if ((delivering && taker == null) || (open && held.isEmpty() && !readAhead)) {
            context.fireChannelRead(message);
        } else {
            hold(message);
            if (taker != null && !(message instanceof ByteBuf) && !(message instanceof LimitedBytes)) {
                taker.fail(new UnsupportedMessageTypeException(message, ByteBuf.class)); // and no more are taken
            }
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (taker != null) {
            taker.readComplete();
        } else if (delivering || (open && held.isEmpty())) {
            context.fireChannelReadComplete();
        }
    }

    @Override
    public void read(ChannelHandlerContext context) {
        readAsked = true;
        if (taker != null) {
            keepAutoReadOff();
        }
        if (open && !delivering) { // else later: within a message those before us are not ready for another
            readAhead = false;
            deliverHeld(this::isAsked);
            if (isAsked()) {
                readAsked = false;
                ctx.read();
            }
            leaveIfEmpty();
        }
    }

    private boolean isAsked() {
        return open && (readAsked || channel().config().isAutoRead());
    }

    /** Somebody switched it on: it will be, behind the transfer. Whoever switches it off takes back what was asked for. */
    private void keepAutoReadOff() {
        wasAutoRead |= channel().config().isAutoRead();
        channel().config().setAutoRead(false);
        if (readAhead) {
            ctx.read();
        }
    }

    /** Until a receiver begins a transfer, for one, which takes the rest. */
    private void deliverHeld(BooleanSupplier goesOn) {
        while (!held.isEmpty() && (goesOn.getAsBoolean() || (open && held.isEndNext()))) {
            HeldMessages.Held next = held.poll();
            readAsked &= next.isEnd();
            deliver(next, from -> goOn(next.what(), from));
            boolean isAmongMore = channel().config().isAutoRead() && !held.isEmpty() && !held.isEndNext();
            if (!next.isEnd() && !(isAmongMore && goesOn.getAsBoolean())) {
                deliver(next, ChannelHandlerContext::fireChannelReadComplete);
            }
        }
    }

    private void deliver(HeldMessages.Held next, Consumer<ChannelHandlerContext> event) {
        boolean isWithin = delivering;
        delivering = true;
        try {
            event.accept(taker == null ? next.from() : ctx);
        } finally {
            delivering = isWithin;
            if (!delivering) {
                held.putBackParts();
                Runnable then = afterDelivery;
                afterDelivery = () -> {};
                then.run();
            }
        }
    }

    private void goOn(Object what, ChannelHandlerContext from) {
        if (HeldMessages.isEnd(what)) {
            handler.input().endIfOver();
            from.fireUserEventTriggered(what);
        } else {
            boolean isOurs = taker == null && from == ctx; // past us, but for a rest for which a transfer has begun
            handler.input().goOn(what, isOurs ? part -> channelRead(ctx, part) : from::fireChannelRead);
        }
    }

    /** Whoever begins a transfer within a message gets the rest of that first, once it has gone on. */
    void afterDelivery(Runnable task) {
        if (delivering) {
            afterDelivery = task;
        } else {
            task.run();
        }
    }

    @Override
    public boolean hasMessages() {
        return isNobodys() && held.hasMessages();
    }

    @Override
    public boolean isKeeping() {
        return isNobodys() && !delivering && (!open || !held.isEmpty() || readAhead);
    }

    private boolean isNobodys() {
        return !ctx.isRemoved() && (taker == null || taker.hasTaken());
    }

    /** From where it was read if nobody stands between, as an SslHandler may later: who does has seen it already. */
    private void hold(Object what) {
        ChannelHandlerContext splice = ctx.pipeline().context(handler);
        ChannelHandlerContext from = splice != null && Place.isNext(splice, ctx) ? splice : ctx;
        held.add(what, from, delivering);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event == ChannelInputShutdownReadComplete.INSTANCE) {
            inputEnded = true;
            readAhead = false;
        }
        if (HeldMessages.isEnd(event) && !held.isEmpty() && !delivering) {
            hold(event);
            deliverHeld(() -> false);
        } else {
            context.fireUserEventTriggered(event);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        deliverHeld(() -> true);
        context.fireChannelInactive();
    }
}
