package io.transportsplice;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import java.util.Iterator;
import java.util.Map;
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
final class Adoption extends ChannelInboundHandlerAdapter {

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
    private boolean active;

    private Adoption(Channel channel, SplicingEventLoop view, Adopter adopter) {
        this.channel = channel;
        this.view = view;
        this.adopter = adopter;
    }

    /** False if the loop takes no more tasks. */
    static boolean schedule(Channel channel, SplicingEventLoop view, Adopter adopter) {
        try {
            view.execute(new Adoption(channel, view, adopter)::begin);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    /** Whether a handler is the first of its pipeline, but for an adoption. */
    static boolean isFirst(ChannelHandlerContext ctx) {
        ChannelHandler first = ctx.pipeline().first();
        if (!(first instanceof Adoption)) {
            return first == ctx.handler();
        }
        Iterator<Map.Entry<String, ChannelHandler>> handlers = ctx.pipeline().iterator();
        handlers.next();
        return handlers.hasNext() && handlers.next().getValue() == ctx.handler();
    }

    private void begin() {
        if (!channel.isRegistered() || isClosing() || !adopter.stillWantsIt()) {
            adopter.notAdopted();
            return;
        }
        active = channel.isActive();
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

    /** With SO_LINGER it is closed by another thread, later, but its outbound buffer goes at once. */
    private boolean isClosing() {
        if (!channel.isOpen() || channel.unsafe().outboundBuffer() != null) {
            return !channel.isOpen();
        }
        Integer linger = channel.config().getOption(ChannelOption.SO_LINGER);
        return !((DuplexChannel) channel).isOutputShutdown() || (linger != null && linger > 0);
    }

    private void register() {
        if (isClosing()) {
            leave();
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
        if (active) {
            channel.pipeline().fireChannelInactive();
        }
        channel.pipeline().fireChannelUnregistered();
    }

    @Override
    public void channelRegistered(ChannelHandlerContext ctx) {
        // it was registered all the time
    }

    @Override
    public void channelUnregistered(ChannelHandlerContext ctx) {
        if (isClosing()) { // and Netty, which empties the pipeline now, tells the other thing too late
            if (active) {
                ctx.fireChannelInactive();
            }
            ctx.fireChannelUnregistered();
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        active = true;
        ctx.fireChannelActive();
    }
}
