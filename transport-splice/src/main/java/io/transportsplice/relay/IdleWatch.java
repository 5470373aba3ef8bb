package io.transportsplice.relay;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.util.concurrent.Future;
import io.transportsplice.EpollSplice;
import java.util.concurrent.TimeUnit;

/**
 * Watches one channel of a relay for progress: bytes read, bytes written, bytes that its far end acknowledged, of which a
 * slow receiver may have megabytes to do. It looks a few times in the time allowed, so what moves costs nothing, and the
 * timeout comes later than asked for by at most a fraction, never earlier.
 *
 * <p>Confined to the event loop of its channel.
 */
final class IdleWatch {

    private static final int LOOKS = 8;

    private final Channel channel;
    private final RelayHandler relay;
    private long timeoutNanos;
    private Future<?> next;
    /** What was seen last of this channel, and of the pair. */
    private long read;

    private long pending;
    private long flushed;
    private int unsent;
    private long pairProgress;
    private long lastProgress;

    IdleWatch(Channel channel, RelayHandler relay) {
        this.channel = channel;
        this.relay = relay;
    }

    /** Starts, or starts again with another time. Zero is for ever. */
    void start(long newTimeoutNanos) {
        stop();
        timeoutNanos = newTimeoutNanos;
        if (timeoutNanos > 0) {
            lastProgress = now();
            schedule();
        }
    }

    void stop() {
        if (next != null) {
            next.cancel(false);
            next = null;
        }
    }

    private void schedule() {
        next = channel.eventLoop().schedule(this::look, Math.max(1, timeoutNanos / LOOKS), TimeUnit.NANOSECONDS);
    }

    private void look() {
        RelayPair pair = relay.pair();
        if (hasMoved() && pair != null) {
            pair.progressed();
        }
        if (pair != null && pair.progress() != pairProgress) {
            pairProgress = pair.progress();
            lastProgress = now();
        }
        if (now() - lastProgress < timeoutNanos) {
            schedule();
        } else {
            next = null;
            relay.timedOut();
        }
    }

    private boolean hasMoved() {
        ChannelOutboundBuffer output = channel.unsafe().outboundBuffer();
        long readNow = relay.bytesRelayed();
        long pendingNow = output == null ? 0 : output.totalPendingWriteBytes();
        long flushedNow = output == null ? 0 : output.currentProgress();
        int unsentNow = EpollSplice.unsentBytes(channel);
        boolean moved = readNow != read || pendingNow != pending || flushedNow != flushed || unsentNow != unsent;
        read = readNow;
        pending = pendingNow;
        flushed = flushedNow;
        unsent = unsentNow;
        return moved;
    }

    private long now() {
        return channel.eventLoop().ticker().nanoTime();
    }
}
