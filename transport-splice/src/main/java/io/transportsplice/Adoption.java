package io.transportsplice;

import io.netty.channel.Channel;
import io.netty.channel.ChannelPromise;
import io.netty.util.concurrent.Future;

/**
 * Registers a channel again, through the {@link SplicingEventLoop} of its own loop, so that a {@link SplicingHandle} gets
 * between it and epoll. Public API only: deregister, and register in the listener of that, which is one task on the loop,
 * so nothing can come between.
 *
 * <p>From {@link #begin} until that task has run, what would change the channel's interest is held back by the handler,
 * which is the pipeline's first, and is done afterwards: reading, flushing, deregistering. The two events that a
 * registration fires are kept from the pipeline, because handlers count connections with them.
 *
 * <p>Confined to the event loop of its channel.
 */
final class Adoption {

    private enum State {
        NONE,
        UNDER_WAY,
        ADOPTED
    }

    private final EpollSpliceHandler handler;
    private State state = State.NONE;
    private SplicingHandle handle;
    private boolean flushHeld;
    private ChannelPromise deregisterHeld;
    /** A channelRegistered of ours is to come. */
    private boolean registeredExpected;

    Adoption(EpollSpliceHandler handler) {
        this.handler = handler;
    }

    Channel channel() {
        return handler.channel();
    }

    /** Adopts the channel if it is not. False if it is on a loop that is not epoll's. */
    boolean begin() {
        assert channel().eventLoop().inEventLoop();
        if (state != State.NONE) {
            return true;
        }
        SplicingEventLoop loop = SplicingEventLoop.of(channel().eventLoop());
        if (loop == null) {
            return false;
        }
        handle = loop.handleOf(channel());
        if (handle != null) { // it was registered through the view
            state = State.ADOPTED;
            handler.adopted();
            return true;
        }
        state = State.UNDER_WAY;
        // Not through the pipeline: it is none of the user's handlers' business.
        channel().unsafe().deregister(channel().newPromise().addListener(deregistered -> register(loop)));
        return true;
    }

    private void register(SplicingEventLoop loop) {
        if (!channel().isOpen()) { // closed since; its own deregistration follows
            state = State.NONE;
            deregisterIfHeld();
            return;
        }
        registeredExpected = true;
        channel()
                .unsafe()
                .register(loop, channel().newPromise().addListener(registered -> completed(loop, registered)));
    }

    private void completed(SplicingEventLoop loop, Future<?> registered) {
        if (!registered.isSuccess()) {
            state = State.NONE;
            registeredExpected = false;
            // Netty has closed the channel, and since it was not registered then, told nobody.
            channel().pipeline().fireExceptionCaught(registered.cause());
            channel().pipeline().fireChannelInactive();
            channel().pipeline().fireChannelUnregistered();
            return;
        }
        state = State.ADOPTED;
        handle = loop.handleOf(channel());
        Counters.ADOPTIONS.increment();
        repeatWhatWasLost();
        handler.adopted();
    }

    /** Deregistering drops the interest in EPOLLOUT and EPOLLIN. */
    private void repeatWhatWasLost() {
        handle.flushPending();
        if (flushHeld) {
            flushHeld = false;
            channel().unsafe().flush();
        }
        if (handler.isReadWanted()) {
            channel().unsafe().beginRead();
        }
        deregisterIfHeld();
    }

    private void deregisterIfHeld() {
        if (deregisterHeld != null) {
            channel().unsafe().deregister(deregisterHeld);
            deregisterHeld = null;
        }
    }

    boolean isUnderWay() {
        return state == State.UNDER_WAY;
    }

    /** What stands before the channel, or {@code null} while it is not adopted. */
    SplicingHandle handle() {
        return state == State.ADOPTED ? handle : null;
    }

    void holdFlush() {
        flushHeld = true;
    }

    void holdDeregister(ChannelPromise promise) {
        deregisterHeld = promise;
    }

    /** Whether a channelRegistered that just came is to be kept from the pipeline. */
    boolean isOwnRegistered() {
        boolean own = registeredExpected;
        registeredExpected = false;
        return own;
    }

    /** The channel left its loop, by somebody else's doing. */
    void lost() {
        state = State.NONE;
        handle = null;
    }
}
