// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import static io.netty.util.internal.ObjectUtil.checkNotNull;

import io.netty.channel.ChannelOutboundBuffer;
import io.netty.util.concurrent.Future;
import io.transportsplice.EpollSplice;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Watches one channel of a relay for progress: something read, bytes written, bytes that its far end acknowledged, of which
 * a slow receiver may have megabytes to do. It looks a few times in the time allowed, so what moves costs nothing, and the
 * timeout comes later than asked for by at most a fraction, never earlier. Progress is the pair's: each of its two watches
 * tells the other, and asks it before it gives up. One that has no timeout itself does not look before it is asked, and its
 * first answer is that something moved.
 *
 * <p>Confined to the event loop of its channel.
 */
final class IdleWatch {

    private static final int LOOKS = 8;

    private final RelaySide side;
    private final Duration idleTimeout;
    private final Duration halfClosedTimeout;
    /** Null until there is one. */
    private RelayPair pair;

    private long timeoutNanos;
    private Future<?> next;
    private long reads;
    private Position seen;
    private long pairSeen;
    private long lastProgress;

    /** How far the channel is. */
    private record Position(long reads, long pending, long flushed, int unsent) {}

    IdleWatch(RelaySide side, Duration idleTimeout, Duration halfClosedTimeout) {
        this.side = side;
        this.idleTimeout = checkTimeout(idleTimeout, "idleTimeout");
        this.halfClosedTimeout =
                checkTimeout(halfClosedTimeout, "halfClosedTimeout").isZero() ? idleTimeout : halfClosedTimeout;
    }

    private static Duration checkTimeout(Duration timeout, String name) {
        if (checkNotNull(timeout, name).isNegative()) {
            throw new IllegalArgumentException(name + " is negative: " + timeout);
        }
        return timeout;
    }

    void start() {
        start(idleTimeout);
    }

    void joined(RelayPair newPair) {
        pair = newPair;
        start(pair.isHalfFinished() ? halfClosedTimeout : idleTimeout);
    }

    void halfClosed() {
        start(halfClosedTimeout);
    }

    /** Starts, or starts again with another time. Zero is for ever. */
    private void start(Duration timeout) {
        stop();
        if (!timeout.isZero()) {
            timeoutNanos = TimeUnit.NANOSECONDS.convert(timeout); // for ever, if it is longer than fits
            seen = position();
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

    /** To another event loop. */
    void moved() {
        if (next != null) {
            next.cancel(false);
            schedule();
        }
    }

    /** Whatever it was, and whoever in the pipeline got it. */
    void hasRead() {
        reads++;
    }

    private void schedule() {
        next = side.channel.eventLoop().schedule(this::look, Math.max(1, timeoutNanos / LOOKS), TimeUnit.NANOSECONDS);
    }

    private void look() {
        boolean overdue = isOverdue();
        if (pair == null || !overdue) {
            decide(overdue);
            return;
        }
        Future<?> asking = next; // the other one may not have looked yet, as its loop is busy
        pair.askOther(side, () -> {
            if (next == asking) {
                decide(isOverdue());
            }
        });
    }

    private void decide(boolean overdue) {
        if (overdue) {
            next = null;
            side.timedOut();
        } else {
            schedule();
        }
    }

    private boolean isOverdue() {
        notice();
        return now() - lastProgress >= timeoutNanos;
    }

    /** Finds out what has moved, and tells the other watch. */
    void notice() {
        Position position = position();
        if (!position.equals(seen)) {
            seen = position;
            lastProgress = now();
            if (pair != null) {
                pair.progressed();
            }
        }
        if (pair != null && pair.progress() != pairSeen) {
            pairSeen = pair.progress();
            lastProgress = now();
        }
    }

    private Position position() {
        ChannelOutboundBuffer output = side.channel.unsafe().outboundBuffer();
        long pending = output == null ? 0 : output.totalPendingWriteBytes();
        long flushed = output == null ? 0 : output.currentProgress();
        return new Position(reads, pending, flushed, EpollSplice.unsentBytes(side.channel));
    }

    private long now() {
        return side.channel.eventLoop().ticker().nanoTime();
    }
}
