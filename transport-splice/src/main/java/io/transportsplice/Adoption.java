// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import java.util.concurrent.RejectedExecutionException;

/**
 * Registers a channel again, through the {@link SplicingEventLoop} of its own loop, so that a {@link SplicingHandle} gets
 * between it and epoll. Public API only, in two steps. The first task looks whether the channel may be adopted, and asks
 * it to deregister, which Netty does by a second task; that one registers it, so nothing can come between. Until then the
 * channel is as stock, and nothing is held back.
 *
 * <p>From the first task to the end of the second it stands first in the pipeline, and keeps the two events of the
 * registration from the others, because handlers count connections with them. A channel that is closed between the two is
 * left to die, with all its events.
 *
 * <p>Confined to the event loop of its channel.
 */
final class Adoption extends ChannelDuplexHandler implements Place.Passing {

    /** Who wants a channel adopted. */
    interface Adopter {
        /** Asked once, when all that was asked of the channel before has been done. */
        boolean stillWantsIt();

        /** The channel is adopted. */
        void adopted(SplicingHandle handle);

        /** It is not, and is as it was. */
        void notAdopted();
    }

    private final Channel channel;
    private final SplicingEventLoop view;
    private final Adopter adopter;
    private boolean abandoned;
    private boolean outputShutdown;
    private boolean closeAsked;
    private boolean readAsked;
    private boolean toldTheEnd;

    private Adoption(Channel channel, SplicingEventLoop view, Adopter adopter) {
        this.channel = channel;
        this.view = view;
        this.adopter = adopter;
    }

    /** Of a channel that is active. Null if the loop takes no more tasks. */
    static Adoption schedule(Channel channel, SplicingEventLoop view, Adopter adopter) {
        Adoption adoption = new Adoption(channel, view, adopter);
        try {
            view.execute(adoption::begin);
            return adoption;
        } catch (RejectedExecutionException e) {
            return null;
        }
    }

    /** The channel leaves this event loop: one that has not begun does not begin, and tells nobody. */
    void abandon() {
        abandoned = true;
    }

    private void begin() {
        if (abandoned) {
            return; // the channel may be another thread's
        }
        if (!channel.isRegistered() || !channel.isOpen() || mayBeClosing() || !adopter.stillWantsIt()) {
            adopter.notAdopted();
            return;
        }
        outputShutdown = isOutputShutdown();
        channel.pipeline().addFirst(this);
        // Not through the pipeline: it is none of the user's handlers' business.
        ChannelPromise deregistered = channel.newPromise();
        channel.unsafe().deregister(deregistered.addListener(done -> register()));
        Tasks.execute(view, () -> giveUpUnless(deregistered.isDone()), () -> {});
    }

    /** Netty's task gets lost where the loop's queue is full. */
    private void giveUpUnless(boolean deregistered) {
        if (!deregistered) {
            leave();
            adopter.notAdopted();
        }
    }

    /** Asked before: one that is closed with SO_LINGER is closed by another thread, later, and looks like this until then. */
    private boolean mayBeClosing() {
        if (channel.unsafe().outboundBuffer() != null) {
            return false;
        }
        try {
            Integer linger = channel.config().getOption(ChannelOption.SO_LINGER);
            return !isOutputShutdown() || (linger != null && linger > 0);
        } catch (ChannelException e) { // closed meanwhile
            return true;
        }
    }

    /** Asked in between: its outbound buffer goes with a close, or with its output. */
    private boolean isClosing() {
        return !channel.isOpen() || (channel.unsafe().outboundBuffer() == null && (closeAsked || !outputShutdown));
    }

    private boolean isOutputShutdown() {
        return ((DuplexChannel) channel).isOutputShutdown();
    }

    private void register() {
        if (isClosing()) { // and stays, so that nobody is told twice
            adopter.notAdopted();
            return;
        }
        ChannelPromise registered = channel.newPromise();
        channel.unsafe().register(view, registered);
        leave();
        // On its own thread that is done at once. Where epoll refuses the socket, Netty says nothing.
        if (channel.isRegistered()) {
            Counters.ADOPTIONS.increment();
            SplicingHandle handle = view.handleOf(channel);
            adopter.adopted(handle);
            if (readAsked) {
                channel.unsafe().beginRead();
            }
            handle.flushPending(); // deregistering dropped the interest in EPOLLOUT
        } else {
            failed(registered.cause());
        }
    }

    private void leave() {
        if (channel.pipeline().context(this) != null) { // else the pipeline is empty: the channel is closed
            channel.pipeline().remove(this);
        }
    }

    /** Netty tells nobody of the end of a channel that is not registered. */
    private void failed(Throwable cause) {
        SplicingHandle handle = view.handleOf(channel);
        if (handle != null) {
            handle.cancel();
        }
        channel.unsafe().close(channel.voidPromise());
        channel.pipeline()
                .fireExceptionCaught(new IllegalStateException("the channel could not be registered again", cause));
        channel.pipeline().fireChannelInactive();
        channel.pipeline().fireChannelUnregistered();
    }

    @Override
    public void channelRegistered(ChannelHandlerContext ctx) {
        // it was registered all the time
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (!toldTheEnd) { // a close() that came before may tell again: a handler's own executor keeps the pipeline
            ctx.fireChannelInactive();
        }
    }

    @Override
    public void channelUnregistered(ChannelHandlerContext ctx) {
        if (isClosing() && !toldTheEnd) { // Netty would do it too late, or not at all
            toldTheEnd = true;
            ctx.fireChannelInactive();
            ctx.fireChannelUnregistered();
            channel.closeFuture().addListener(closed -> Tasks.execute(view, this::emptyThePipeline, () -> {}));
        }
    }

    /** Which Netty does behind this event, of a channel that is closed: with SO_LINGER that was not so the first time. */
    private void emptyThePipeline() {
        channel.pipeline().fireChannelUnregistered();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        outputShutdown |= event == ChannelOutputShutdownEvent.INSTANCE;
        ctx.fireUserEventTriggered(event);
    }

    /** The adopter keeps it back, unless its handler has been removed. */
    @Override
    public void read(ChannelHandlerContext ctx) {
        readAsked = true;
        ctx.read();
    }

    @Override
    public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
        closeAsked = true;
        ctx.close(promise);
    }
}
