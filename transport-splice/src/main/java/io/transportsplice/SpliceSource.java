package io.transportsplice;

import io.netty.channel.epoll.AbstractEpollStreamChannel;
import java.util.concurrent.RejectedExecutionException;

/**
 * The reading side of a splicing channel: fills pipes from its socket and sends them up the pipeline as regions. It
 * fills only when the pipeline asked for it with {@code read()}, one region for each request, and only while fewer than
 * {@link SpliceOptions#maxInFlight()} of its regions are alive, whatever the pipeline asks for.
 *
 * <p>Confined to the event loop of its channel, except {@link #released}, by which regions that died elsewhere come home.
 */
final class SpliceSource {

    /** A fill this large leaves more behind, as a rule: worth another try at once. Smaller: let epoll say. */
    private static final int LIKELY_MORE = 64 * 1024;
    /**
     * So many wake-ups in a row that bring nothing are no false alarms any more. Splicing stops short of urgent data for
     * ever, while the socket stays readable; reading passes it.
     */
    private static final int MOST_FALSE_ALARMS = 16;

    private final EpollSpliceHandler handler;
    private final AbstractEpollStreamChannel channel;
    private final SplicingHandle handle;
    private final PipePool pool;
    private final SpliceOptions options;
    private final Rounds rounds;
    private final Rounds.Turn turn = new Rounds.Turn();
    private int inFlight;
    /** Wake-ups in a row that brought nothing. */
    private int falseAlarms;

    SpliceSource(EpollSpliceHandler handler, AbstractEpollStreamChannel channel, SplicingHandle handle) {
        this.handler = handler;
        this.channel = channel;
        this.handle = handle;
        this.pool = handle.loop().pool();
        this.rounds = handle.loop().rounds();
        this.options = handler.options();
    }

    boolean isOf(SplicingHandle registration) {
        return handle == registration;
    }

    void start() {
        handle.startSplicing(this);
    }

    /** Ends splicing; what is in flight lives on, and Netty reads from here. Without effect if it has ended. */
    void stop() {
        if (isSplicing()) {
            handle.stopSplicing(handler.isReadWanted());
        }
    }

    /** The same, against somebody's wish. */
    void stop(SpliceFallback reason) {
        if (isSplicing()) {
            stop();
            Counters.fallback(reason, channel);
        }
    }

    boolean isSplicing() {
        return handle.isSplicing(this);
    }

    /** The pipeline asked for a message. */
    void read() {
        if (inFlight < options.maxInFlight()) {
            handle.resumeReading();
        }
    }

    /** Netty took the request back: autoRead was switched off. */
    void cancelRead() {
        handler.cancelRead();
    }

    /**
     * The socket is readable, or at its end. Fills until that seems to be over, the pipeline wants no more, or this
     * wake-up had its share: level-triggered epoll brings us back.
     *
     * @return false if the event could not be used, and would come again and again
     */
    boolean fill() {
        if (!canFill()) {
            return false;
        }
        if (!rounds.isTurnOf(turn)) {
            return true;
        }
        long share = options.pipeCapacity();
        long bytes = 0;
        long n;
        do {
            n = fillOne();
            bytes += Math.max(n, 0);
        } while (n >= LIKELY_MORE && bytes < share && canFill());
        rounds.moved(turn, bytes);
        if (isSplicing()) {
            awoken(bytes);
        }
        return true;
    }

    /** A wake-up has brought this many bytes: is it worth while to go on? */
    private void awoken(long bytes) {
        if (bytes > 0) {
            falseAlarms = 0;
            if (handler.meter().isChatter(bytes)) {
                stop(SpliceFallback.CHATTER);
            }
        } else if (++falseAlarms == MOST_FALSE_ALARMS) {
            falseAlarms = 0;
            refused(SpliceFallback.FILL_STUCK);
        }
    }

    private boolean canFill() {
        return handler.isReadWanted() && inFlight < options.maxInFlight() && isSplicing();
    }

    private long fillOne() {
        SpliceFallback obstacle = handler.obstacle();
        if (obstacle != null) {
            refused(obstacle);
            return -1;
        }
        Pipe pipe = pool.get(options.pipeCapacity());
        if (pipe == null) {
            refused(SpliceFallback.NO_PIPE);
            return -1;
        }
        // The number is read here, of a channel that is still registered: after a close it is somebody else's.
        long n = pipe.fill(channel.fd().intValue(), Math.min(options.pipeCapacity(), handler.limitRemaining()));
        if (n > 0) {
            deliver(new SpliceRegion(this, pipe, channel.alloc()));
            return n;
        }
        pool.put(pipe, options.maxPooledPipes());
        if (n == 0) {
            handle.stopAtEndOfInput();
        } else if (n != -LibC.EAGAIN) {
            failed((int) -n);
        }
        return n;
    }

    private void deliver(SpliceRegion region) {
        inFlight++;
        channel.pipeline().fireChannelRead(region);
        channel.pipeline().fireChannelReadComplete();
    }

    private void failed(int errno) {
        if (LibC.isOutOfMemory(errno)) {
            refused(SpliceFallback.FILL_OUT_OF_MEMORY);
        } else if (LibC.isRefusal(errno)) {
            refused(SpliceFallback.FILL_UNSUPPORTED);
        } else {
            // The socket's pending error is consumed by reporting it: Netty, reading after us, would see a clean end.
            handle.stopSplicing(false);
            Counters.fallback(SpliceFallback.SOCKET_ERROR, channel);
            channel.pipeline().fireExceptionCaught(LibC.newIOException("splice", errno));
            channel.unsafe().close(channel.unsafe().voidPromise());
        }
    }

    private void refused(SpliceFallback reason) {
        handler.meter().refused();
        stop(reason);
    }

    /** A region of this source is no more. Any thread. */
    void released(Pipe pipe) {
        SplicingEventLoop loop = handle.loop();
        if (loop.inEventLoop()) {
            returned(pipe);
            return;
        }
        try {
            loop.execute(() -> returned(pipe));
        } catch (RejectedExecutionException terminated) {
            pool.putAfterEnd(pipe);
        }
    }

    private void returned(Pipe pipe) {
        pool.put(pipe, options.maxPooledPipes());
        inFlight--;
        if (handler.isReadWanted() && isSplicing()) {
            handle.resumeReading();
        }
    }
}
