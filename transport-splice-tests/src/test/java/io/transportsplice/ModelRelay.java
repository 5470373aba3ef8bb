// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.util.concurrent.Future;
import java.util.ArrayDeque;
import java.util.Deque;

/** The user's handler at a source: does with each message what it was told to. */
final class ModelRelay extends ChannelInboundHandlerAdapter {
    private final int lane;
    private final ModelSocket source;
    private final ModelViolations violations;
    private final ModelDemand demand;
    private final ModelFates fates;
    private final ModelFlight flight = new ModelFlight();
    private final Deque<ModelPart> held = new ArrayDeque<>();
    private Runnable beforeNext;
    private Runnable behindNext;

    private ModelFate fate = ModelFate.WRITTEN;
    private long position;
    /** Bytes that are to come as a limit's. */
    private long limited;

    private Future<Long> limit;
    private boolean cancelling;

    private boolean halfClosed;
    private boolean inputEnded;

    ModelRelay(int lane, ModelSocket source, ModelFates fates, ModelViolations violations) {
        this.lane = lane;
        this.source = source;
        this.fates = fates;
        this.violations = violations;
        demand = new ModelDemand(violations, () -> source.channel().config().isAutoRead());
    }

    void fate(ModelFate newFate) {
        fate = newFate;
    }

    Channel channel() {
        return source.channel();
    }

    ModelDemand demand() {
        return demand;
    }

    ModelFlight flight() {
        return flight;
    }

    boolean isInputEnded() {
        return inputEnded;
    }

    /** In the midst of the next message: before it is dealt with, or behind. */
    void atNextMessage(boolean before, Runnable action) {
        if (before) {
            beforeNext = action;
        } else {
            behindNext = action;
        }
    }

    void noActions() {
        beforeNext = null;
        behindNext = null;
    }

    private static void run(Runnable action) {
        if (action != null) {
            action.run();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (source.fatalFills() > 0) { // a kernel gives what has come before it fails, and nothing behind
            demand.ends();
        }
        demand.message();
        Runnable before = beforeNext;
        Runnable behind = behindNext;
        noActions();
        fates.stopSharing();
        ByteBuf bytes = (ByteBuf) LimitedBytes.unwrap(message);
        int length = bytes.readableBytes();
        PipeByteBuf buffer = PipeByteBuf.of(bytes);
        if (buffer == null) {
            source.consumed(length);
            ModelTally.count("copied", 1);
        } else {
            flight.add(buffer);
            ModelTally.count("spliced", 1);
        }
        checkLimit(message, length);
        ModelPart part = new ModelPart(bytes, lane, position);
        position += length;
        run(before);
        if (fate == ModelFate.HELD) {
            held.add(part);
        } else {
            fates.dispose(part, fate);
        }
        run(behind);
    }

    /** While a limit lasts there is nothing else, and nothing reaches beyond it. */
    private void checkLimit(Object message, long length) {
        if (limited > 0 && !limit.isDone()) {
            if (!(message instanceof LimitedBytes) || length > limited) {
                violations.add(message + " with " + limited + " bytes of a limit to come");
            }
            limited -= length;
        }
    }

    /** Limits the next bytes, unless there is a limit. */
    void limit(EpollSpliceHandler handler, int bytes) {
        if (limited == 0 && !cancelling) {
            limited = bytes;
            Future<Long> started = handler.limit(bytes);
            limit = started;
            started.addListener(done -> {
                cancelling &= limit != started;
                limited = limit == started ? 0 : limited;
            });
        }
    }

    void forgetLimit() {
        limited = 0;
    }

    void cancelLimit() {
        if (limit != null && !limit.isDone()) {
            cancelling = true; // which the handler notices later, if it is done by another thread
            limited = 0;
            limit.cancel(false);
        }
    }

    /** The first that is held; it is the caller's from here on. */
    ByteBuf takeHeld() {
        return held.remove().content();
    }

    /** All that are held, which does not change what becomes of later ones. */
    void disposeHeld(ModelFate how) {
        fates.stopSharing();
        for (ModelPart part = held.poll(); part != null; part = held.poll()) {
            fates.dispose(part, how == ModelFate.HELD ? ModelFate.WRITTEN : how);
        }
        fates.flush();
    }

    /** They have outlived their channel and its loop. */
    void releaseHeldElsewhere() {
        fates.stopSharing();
        held.forEach(fates::releaseElsewhere);
        held.clear();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        demand.complete();
        fates.flush();
        ctx.fireChannelReadComplete();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            if (halfClosed) {
                violations.add("the half-closure was told twice");
            }
            halfClosed = true;
        }
        if (event == ChannelInputShutdownReadComplete.INSTANCE) {
            if (inputEnded) {
                violations.add("the end of input was told twice");
            }
            if (source.unread() > 0) {
                violations.add("the end of input was told before the last byte");
            }
            inputEnded = true;
        }
    }

    @Override
    public void channelRegistered(ChannelHandlerContext ctx) {
        if (source.isEnded()) {
            demand.mayBeMore(); // at EPOLLRDHUP, of which each registration is told
        }
        ctx.fireChannelRegistered();
    }

    @Override
    public void channelUnregistered(ChannelHandlerContext ctx) {
        flight.startAnew();
        demand.unsure();
        ctx.fireChannelUnregistered();
    }
}
