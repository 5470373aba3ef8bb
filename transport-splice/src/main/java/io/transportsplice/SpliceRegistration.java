// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.ChannelHandlerContext;

/**
 * How the channel of an {@link EpollSpliceHandler} comes to be adopted: born that way, or once the handler is the
 * pipeline's first, or not at all. There is none of an adopted one, as idle channels are many.
 *
 * <p>Confined to the event loop of the channel.
 */
final class SpliceRegistration implements Adoption.Adopter {

    private final ChannelHandlerContext ctx;
    private final SpliceInput input;
    private final Runnable done;
    /** Null unless one is under way. */
    private Adoption adoption;
    /** The user has asked for the channel to leave its event loop. */
    private boolean deregistering;
    /** Why not, so that it is counted once, not at each message. */
    private SpliceFallback told;

    /** Runs {@code done} when the channel is adopted. */
    SpliceRegistration(ChannelHandlerContext ctx, SpliceInput input, Runnable done) {
        this.ctx = ctx;
        this.input = input;
        this.done = done;
    }

    boolean isAdopting() {
        return adoption != null;
    }

    void deregistering() {
        deregistering = true;
    }

    void unregistered() {
        deregistering = false;
        if (adoption != null) {
            adoption.abandon();
            adoption = null;
        }
    }

    /** Something happens on the channel, which may not be adopted yet. */
    void tryAgain() {
        if (adoption == null && !Place.isFirst(ctx)) {
            input.lookForOthers();
            tell(SpliceFallback.NOT_FIRST);
        } else {
            adopt();
        }
    }

    /** Not while it connects: it would lose the event that tells of its connection. */
    void adopt() {
        if (adoption != null || !ctx.channel().isRegistered() || !ctx.channel().isActive()) {
            return;
        }
        SplicingEventLoop view = SplicingEventLoop.of(ctx.channel().eventLoop());
        SplicingHandle handle = view == null ? null : view.handleOf(ctx.channel()); // of one that is born adopted
        if (handle != null) {
            handle.attach(ctx.channel()); // first or not, it is told of the loop's end
        }
        if (!Place.isFirst(ctx)) {
            return;
        }
        if (handle != null) {
            input.adopted(handle);
            done.run();
        } else if (view != null) {
            adoption = Adoption.schedule(ctx.channel(), view, this);
        } else {
            tell(SpliceFallback.NOT_EPOLL);
        }
    }

    private void tell(SpliceFallback reason) {
        if (told != reason) {
            told = reason;
            Counters.fallback(reason, ctx.channel());
        }
    }

    @Override
    public boolean stillWantsIt() {
        return !ctx.isRemoved() && !deregistering && input.mayBeAdopted() && Place.isFirst(ctx);
    }

    @Override
    public void adopted(SplicingHandle handle) {
        adoption = null;
        if (!ctx.isRemoved()) {
            input.adopted(handle);
            done.run();
        }
        input.readAgain();
    }

    @Override
    public void notAdopted() {
        adoption = null;
        input.readAgain();
    }
}
