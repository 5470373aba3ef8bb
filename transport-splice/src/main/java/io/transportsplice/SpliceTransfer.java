package io.transportsplice;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GenericFutureListener;
import io.netty.util.concurrent.ProgressiveFuture;
import io.netty.util.concurrent.ProgressivePromise;
import io.transportsplice.SpliceOptions.Policy;
import java.nio.channels.ClosedChannelException;

/**
 * One {@link EpollSplice#spliceTo}: stands directly behind the source's splice handler while it lasts, and writes the
 * regions of a {@link EpollSpliceHandler#limit} to the sink. All else passes by.
 *
 * <p>It is over when no more regions will come and those that came are written, or when the sink fails.
 *
 * <p>Confined to the event loop of the source.
 */
final class SpliceTransfer extends ChannelInboundHandlerAdapter {

    /** One region fills while another drains. */
    private static final int MAX_PENDING = 2;

    private static final SpliceOptions ON_DEMAND =
            SpliceOptions.builder().policy(Policy.ON_DEMAND).build();

    private final Channel source;
    private final Channel sink;
    private final long bytes;
    private final ProgressivePromise<Long> promise;
    private final GenericFutureListener<Future<Void>> sinkClosed = this::sinkClosed;
    private ChannelHandlerContext ctx;
    private Future<Long> limit;
    private int pending;
    private long moved;
    private boolean wasAutoRead;
    private boolean wasHalfClosing;
    private boolean inputEnded;

    private SpliceTransfer(Channel source, Channel sink, long bytes) {
        this.source = source;
        this.sink = sink;
        this.bytes = bytes;
        promise = source.eventLoop().newProgressivePromise();
    }

    static ProgressiveFuture<Long> start(Channel source, Channel sink, long bytes) {
        SpliceTransfer transfer = new SpliceTransfer(source, sink, bytes);
        transfer.on(sink.eventLoop(), () -> {
            handlerOf(sink);
            transfer.on(source.eventLoop(), transfer::start);
        });
        return transfer.promise;
    }

    private static EpollSpliceHandler handlerOf(Channel channel) {
        EpollSpliceHandler handler = channel.pipeline().get(EpollSpliceHandler.class);
        if (handler == null) {
            handler = new EpollSpliceHandler(ON_DEMAND);
            channel.pipeline().addFirst(handler);
        }
        return handler;
    }

    /** Runs a task there, at once if this is its thread. Its failure is the transfer's. */
    private void on(EventLoop loop, Runnable task) {
        if (!loop.inEventLoop()) {
            loop.execute(() -> on(loop, task));
            return;
        }
        try {
            task.run();
        } catch (RuntimeException e) {
            promise.tryFailure(e);
        }
    }

    private void start() {
        if (promise.isDone()) {
            return;
        }
        EpollSpliceHandler handler = handlerOf(source);
        limit = handler.limit(bytes);
        wasAutoRead = source.config().isAutoRead();
        wasHalfClosing = isHalfClosing();
        source.config().setAutoRead(false);
        source.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true); // an end of input is to be known as one
        source.pipeline().addAfter(source.pipeline().context(handler).name(), null, this);
        ctx = source.pipeline().context(this);
        sink.closeFuture().addListener(sinkClosed);
        promise.addListener(done -> on(source.eventLoop(), () -> limit.cancel(false)));
        limit.addListener(ended -> {
            if (ended.isCancelled()) {
                takeBackRead(handler);
            }
            finishIfOver();
        });
        readMore();
    }

    private boolean isHalfClosing() {
        return Boolean.TRUE.equals(source.config().getOption(ChannelOption.ALLOW_HALF_CLOSURE));
    }

    /** Netty does that when autoRead is switched off, and has no other call for it. */
    private void takeBackRead(EpollSpliceHandler handler) {
        source.config().setAutoRead(true);
        source.config().setAutoRead(false);
        handler.cancelRead();
    }

    private void readMore() {
        if (!limit.isDone() && pending < MAX_PENDING) {
            source.read();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof SpliceRegion region && !limit.isDone()) {
            long regionBytes = region.count();
            pending++;
            sink.write(region).addListener(written -> on(source.eventLoop(), () -> written(written, regionBytes)));
        } else {
            context.fireChannelRead(message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        sink.flush();
        readMore();
        context.fireChannelReadComplete();
    }

    private void written(Future<?> written, long regionBytes) {
        pending--;
        if (written.isSuccess()) {
            moved += regionBytes;
            promise.tryProgress(moved, bytes);
            readMore();
        } else {
            promise.tryFailure(written.cause());
        }
        finishIfOver();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        inputEnded |= event == ChannelInputShutdownReadComplete.INSTANCE;
        context.fireUserEventTriggered(event);
    }

    private void sinkClosed(Future<Void> closed) {
        promise.tryFailure(new ClosedChannelException());
    }

    private void finishIfOver() {
        if (!limit.isDone() || pending > 0 || ctx.isRemoved()) {
            return;
        }
        sink.closeFuture().removeListener(sinkClosed);
        inputEnded |= limit.isSuccess() && limit.getNow() < bytes;
        leave();
        if (limit.isSuccess()) {
            promise.trySuccess(moved);
        } else {
            promise.tryFailure(limit.cause());
        }
    }

    /** The source is again what it was. */
    private void leave() {
        ctx.pipeline().remove(this);
        if (!wasHalfClosing) {
            source.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, false);
            if (inputEnded) {
                source.close(); // as Netty would have
            }
        }
        source.config().setAutoRead(wasAutoRead);
    }
}
