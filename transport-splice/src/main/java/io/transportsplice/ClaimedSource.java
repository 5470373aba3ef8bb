// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.codec.UnsupportedMessageTypeException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;

/**
 * The source of transfers, as long as one follows the other: stands directly behind its splice handler. For
 * the time being autoRead is off and ALLOW_HALF_CLOSURE on. What was read beyond the end of a transfer is held, for the
 * next one, or else for the source's own pipeline, which gets it when it reads again.
 *
 * <p>Confined to the event loop of its channel.
 */
final class ClaimedSource extends ChannelDuplexHandler {

    /** Who takes the bytes. */
    interface Taker {
        /** Whether a limit that is under way is his. */
        boolean isTaking();

        void read(ByteBuf buffer);

        void readComplete();

        /** What was asked of the channel is lost, as it has moved to another event loop. */
        void readMore();

        void fail(Throwable cause);
    }

    static final SpliceOptions ON_DEMAND =
            SpliceOptions.builder().policy(SpliceOptions.Policy.ON_DEMAND).build();

    private EpollSpliceHandler handler;
    /** Messages, and events that must not overtake them. */
    private final Queue<Object> held = new ArrayDeque<>(0);

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

    /** @throws IllegalStateException if another transfer is under way */
    static ClaimedSource claim(Channel channel, Taker taker) {
        EpollSpliceHandler handler = Place.handlerOf(channel, ON_DEMAND);
        ClaimedSource source = channel.pipeline().get(ClaimedSource.class);
        if (source == null) {
            source = new ClaimedSource();
            channel.pipeline().addAfter(channel.pipeline().context(handler).name(), null, source);
        }
        if (source.taker != null) {
            throw new IllegalStateException("bytes of this channel are being transferred already");
        }
        source.handler = handler; // the one of an earlier transfer may have been removed
        source.claimedBy(taker);
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

    /** How many bytes were read too early. */
    long heldBytes() {
        return held.stream()
                .mapToLong(next -> next instanceof ByteBuf buffer ? buffer.readableBytes() : 0)
                .sum();
    }

    /** Up to so many of those, which are the caller's; or {@code null}. */
    ByteBuf takeHeld(long most) {
        if (!(held.peek() instanceof ByteBuf buffer)) {
            return null;
        }
        return buffer.readableBytes() <= most ? (ByteBuf) held.poll() : buffer.readRetainedSlice((int) most);
    }

    void read() {
        readAhead = true;
        ctx.read();
    }

    /** A transfer is about to end: the source is as it was before, but for what is held. */
    void release() {
        taker = null;
        if (!wasHalfClosing) {
            channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, false);
        }
        channel().config().setAutoRead(wasAutoRead);
    }

    /** If no other transfer follows at once, the source's own pipeline has what is held. */
    void openLater() {
        Tasks.execute(channel().eventLoop(), this::open, () -> {});
    }

    private void open() {
        if (taker != null || open || !channel().isRegistered()) {
            return; // by the time that it is that may be with another event loop
        }
        open = true;
        if (inputEnded) {
            deliverHeld(false);
            if (open && !wasHalfClosing) {
                channel().close(); // as Netty would have
            }
        } else if (readAsked) {
            read(ctx);
        }
        leaveIfEmpty();
    }

    private void leaveIfEmpty() {
        if (open && held.isEmpty() && !readAhead && !ctx.isRemoved()) {
            ctx.pipeline().remove(this);
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        ctx = context;
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        deliverHeld(true);
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
            held.add(message);
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
        if (!open) {
            return; // later
        }
        readAhead = false;
        if (held.isEmpty()) {
            readAsked = false;
            context.read();
        } else if (channel().config().isAutoRead()) {
            deliverHeld(false);
            if (open) {
                context.read();
            }
        } else {
            deliver(held.poll());
            deliver(ChannelHandlerContext::fireChannelReadComplete);
        }
        leaveIfEmpty();
    }

    /** Somebody switched it on: it will be, behind the transfer. Whoever switches it off takes back what was asked for. */
    private void keepAutoReadOff() {
        wasAutoRead |= channel().config().isAutoRead();
        channel().config().setAutoRead(false);
        if (readAhead) {
            ctx.read();
        }
    }

    /** All, or until a receiver begins a transfer, which takes the rest. */
    private void deliverHeld(boolean all) {
        if (!held.isEmpty()) {
            while ((all || open) && !held.isEmpty()) {
                deliver(held.poll());
            }
            deliver(ChannelHandlerContext::fireChannelReadComplete);
        }
    }

    private void deliver(Object next) {
        if (isEnd(next)) {
            deliver(context -> context.fireUserEventTriggered(next));
        } else {
            readAsked = false;
            deliver(context -> context.fireChannelRead(next));
        }
    }

    /** From where it was read: there may be an SslHandler right behind that, by now. */
    private void deliver(Consumer<ChannelHandlerContext> event) {
        ChannelHandlerContext from = taker == null ? ctx.pipeline().context(handler) : null;
        delivering = true;
        event.accept(from == null ? ctx : from);
        delivering = false;
    }

    private static boolean isEnd(Object event) {
        return event == ChannelInputShutdownEvent.INSTANCE || event == ChannelInputShutdownReadComplete.INSTANCE;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event == ChannelInputShutdownReadComplete.INSTANCE) {
            inputEnded = true;
            readAhead = false;
        }
        if (isEnd(event) && !held.isEmpty() && !delivering) {
            held.add(event);
        } else {
            context.fireUserEventTriggered(event);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        deliverHeld(true);
        context.fireChannelInactive();
    }
}
