package io.transportsplice;

import io.netty.channel.ChannelHandlerContext;

/**
 * How the channel of an {@link EpollSpliceHandler} comes to be adopted: born that way, or once the handler is the
 * pipeline's first, or not at all.
 *
 * <p>Confined to the event loop of the channel.
 */
final class SpliceRegistration implements Adoption.Adopter {

    private final ChannelHandlerContext ctx;
    private final SpliceInput input;
    /** An adoption is under way. */
    private boolean adopting;
    /** The user has asked for the channel to leave its event loop. */
    private boolean deregistering;
    /** Why not, so that it is counted once, not at each message. */
    private SpliceFallback told;

    SpliceRegistration(ChannelHandlerContext ctx, SpliceInput input) {
        this.ctx = ctx;
        this.input = input;
    }

    boolean isAdopting() {
        return adopting;
    }

    void deregistering() {
        deregistering = true;
    }

    void registered() {
        deregistering = false;
        adopt();
    }

    /** Something happens on the channel, which may not be adopted yet. */
    void tryAgain() {
        if (input.isAdopted() || adopting) {
            return;
        }
        if (Adoption.isFirst(ctx)) {
            adopt();
        } else {
            input.mayHaveMissedReads();
            tell(SpliceFallback.NOT_FIRST);
        }
    }

    private void adopt() {
        if (adopting || input.isAdopted() || !ctx.channel().isRegistered()) {
            return;
        }
        SplicingEventLoop view = SplicingEventLoop.of(ctx.channel().eventLoop());
        if (view == null) {
            tell(SpliceFallback.NOT_EPOLL);
            return;
        }
        SplicingHandle handle = view.handleOf(ctx.channel());
        if (handle != null) {
            input.adopted(handle);
        } else {
            adopting = Adoption.schedule(ctx.channel(), view, this);
        }
    }

    void tell(SpliceFallback reason) {
        if (told != reason) {
            told = reason;
            Counters.fallback(reason, ctx.channel());
        }
    }

    @Override
    public boolean stillWantsIt() {
        return !ctx.isRemoved()
                && !deregistering
                && !input.isAdopted()
                && input.mayBeAdopted()
                && Adoption.isFirst(ctx);
    }

    @Override
    public void adopted(SplicingHandle handle) {
        adopting = false;
        if (!ctx.isRemoved()) {
            input.adopted(handle);
        }
        input.readAgain();
    }

    @Override
    public void notAdopted() {
        adopting = false;
        input.readAgain();
    }
}
