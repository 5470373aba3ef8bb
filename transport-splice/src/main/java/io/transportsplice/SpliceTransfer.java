// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import io.netty.channel.ServerChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GenericFutureListener;
import io.netty.util.concurrent.ProgressiveFuture;
import java.nio.channels.ClosedChannelException;
import java.util.Map;

/**
 * One {@link EpollSplice#spliceTo}: takes bytes from a {@link ClaimedSource} and writes them to a {@link TransferSink}, a few
 * messages at a time.
 *
 * <p>It ends once: when no more bytes will be taken, because all have been, the input has ended, somebody cancelled, or an
 * end failed, and when those that were taken have been written or cannot be.
 *
 * <p>Confined to the event loop of the source.
 */
final class SpliceTransfer implements Taker {

    /** One message fills while another drains. */
    private static final int MAX_PENDING = 2;

    private final Channel source;
    private final TransferSink sink;
    private final BytesPromise promise;
    private final GenericFutureListener<Future<Void>> sinkClosed = closed -> sinkIsClosed();
    private SpliceInput input;
    private ClaimedSource claimed;
    /** Done when no more will be taken. */
    private Future<Long> taking;

    /** Writes; and its beginning, so that it does not end within. */
    private int pending = 1;

    private Throwable failure;
    private boolean ended;
    /** Something was written, and nobody has told yet that the read is complete: not everybody does. */
    private boolean unflushed;

    private SpliceTransfer(Channel source, TransferSink sink, long bytes) {
        this.source = source;
        this.sink = sink;
        promise = new BytesPromise(bytes, source::eventLoop);
    }

    static ProgressiveFuture<Long> start(Channel source, Channel sink, long bytes) {
        checkHasStream(source);
        sink.eventLoop(); // throws if it has none
        SpliceTransfer transfer = new SpliceTransfer(source, new TransferSink.OfChannel(sink), bytes);
        transfer.onSource(() -> {
            transfer.claim(); // before the sink is asked, which may be elsewhere: what comes meanwhile is ours
            Runnable prepare = () -> {
                if (sink.pipeline().get(EpollSpliceHandler.class) == null) {
                    sink.pipeline().addFirst(new EpollSpliceHandler(SpliceOptions.ON_DEMAND));
                }
                transfer.onSource(transfer::takeAndWrite);
            };
            transfer.on(sink.eventLoop(), prepare, () -> transfer.refuse(new ClosedChannelException()));
        });
        return transfer.promise;
    }

    static ProgressiveFuture<Long> start(Channel source, TransferSink sink, long bytes) {
        checkHasStream(source);
        SpliceTransfer transfer = new SpliceTransfer(source, sink, bytes);
        transfer.onSource(() -> {
            transfer.claim();
            transfer.takeAndWrite();
        });
        return transfer.promise;
    }

    private static void checkHasStream(Channel channel) {
        channel.eventLoop(); // throws if it has none
        if (channel instanceof ServerChannel || channel.metadata().hasDisconnect()) { // as a datagram channel has
            throw new IllegalArgumentException("not a stream of bytes: " + channel);
        }
    }

    /** Runs a task there, at once if this is its thread. If it fails, so does the transfer. */
    private void on(EventLoop loop, Runnable task, Runnable ifEnded) {
        Runnable guarded = () -> {
            try {
                task.run();
            } catch (Throwable e) {
                refuse(e);
            }
        };
        Tasks.run(loop, guarded, ifEnded);
    }

    /** It does not begin, or an exception has ended it. */
    private void refuse(Throwable cause) {
        onSource(() -> {
            ended = true;
            if (claimed == null) {
                promise.tryFailure(cause);
            } else {
                leave(cause);
            }
        });
    }

    /** Before anybody is told, who may begin another. */
    private void leave(Throwable cause) {
        claimed.release(this);
        if (cause == null) {
            promise.succeed();
        } else {
            promise.tryFailure(cause);
        }
        claimed.openLater();
    }

    private void claim() {
        EpollSpliceHandler handler = handlerOf(source);
        input = handler.input();
        claimed = input.claim(this, handler::readOn);
        promise.addListener(done -> onSource(this::isTold));
    }

    /**
     * The splice handler behind which the source's bytes are plain, the one that holds some if there is one; put there if there is none.
     *
     * @throws IllegalStateException if bytes of the channel are being transferred
     */
    private static EpollSpliceHandler handlerOf(Channel channel) {
        String tls = null;
        EpollSpliceHandler found = null;
        for (Map.Entry<String, ChannelHandler> entry : channel.pipeline()) {
            if (entry.getValue() instanceof SslHandler) {
                tls = entry.getKey();
                found = null;
            } else if (entry.getValue() instanceof EpollSpliceHandler handler
                    && channel.pipeline().context(handler).executor().inEventLoop()) {
                if (handler.input().isTaken()) {
                    throw new IllegalStateException("bytes of this channel are being transferred already");
                }
                found = found == null || handler.input().isHolding() ? handler : found;
            }
        }
        if (found == null) {
            found = new EpollSpliceHandler(SpliceOptions.ON_DEMAND);
            if (tls == null) {
                channel.pipeline().addFirst(found);
            } else {
                channel.pipeline().addAfter(tls, null, found);
            }
        }
        return found;
    }

    /** By its end, or by somebody who cancels. */
    private void isTold() {
        takeNoMore();
        if (taking == null) { // it has not begun
            leave(promise.cause());
        }
    }

    private void takeAndWrite() {
        if (promise.isDone()) {
            return;
        }
        if (sink.closed().isDone()) {
            refuse(new ClosedChannelException()); // what is held stays
            return;
        }
        taking = input.limit(promise.remaining(), this); // throws if somebody else's is under way
        pending--;
        sink.closed().addListener(sinkClosed); // now, as it may be closed already
        taking.addListener(done -> endIfOver());
        claimed.goOn(); // what the transfer before this one read too much
        readComplete();
    }

    private void readMore() {
        if (claimed.isTaking(this) && pending < MAX_PENDING) {
            claimed.read();
        }
    }

    /** Bytes of the source. */
    @Override
    public void read(ByteBuf buffer) {
        long count = buffer.readableBytes();
        pending++;
        sink.write(buffer).addListener(written -> onSource(() -> written(written, count)));
        if (!unflushed) {
            unflushed = true;
            Tasks.execute(source.eventLoop(), () -> onSource(this::flushRest), () -> {});
        }
    }

    private void flushRest() {
        if (unflushed) {
            readComplete();
        }
    }

    @Override
    public void readComplete() {
        unflushed = false;
        sink.flush();
        readMore();
    }

    private void written(Future<?> written, long count) {
        pending--;
        if (written.isSuccess()) {
            promise.passed(count);
            promise.progress();
            readMore();
        } else {
            fail(written.cause());
        }
        endIfOver();
    }

    /** An end failed. */
    @Override
    public void fail(Throwable cause) {
        onSource(() -> {
            failure = failure == null ? cause : failure;
            takeNoMore();
            endIfOver();
        });
    }

    private void sinkIsClosed() {
        fail(new ClosedChannelException());
        sink.afterLastWrite(() -> onSource(() -> {
            pending = 0;
            endIfOver();
        }));
    }

    private void takeNoMore() {
        if (taking != null) {
            taking.cancel(false);
        }
    }

    private void endIfOver() {
        if (ended || pending > 0 || taking == null || !taking.isDone()) {
            return;
        }
        ended = true;
        Throwable cause = failure != null || taking.isCancelled() ? failure : taking.cause();
        sink.closed().removeListener(sinkClosed);
        leave(cause);
    }

    private void onSource(Runnable task) {
        Runnable here = () -> {
            if (source.eventLoop().inEventLoop()) {
                task.run();
            } else {
                onSource(task); // it has moved meanwhile
            }
        };
        on(source.eventLoop(), here, () -> promise.tryFailure(new ClosedChannelException()));
    }
}
