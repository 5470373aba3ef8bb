// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.transportsplice.EpollSplice;
import java.util.concurrent.TimeUnit;

/**
 * Resets a channel once its far end has acknowledged what was written to it: a reset throws away what the kernel still has
 * to send. Nothing tells of that moment, so it asks from time to time, and gives up when the number of
 * bytes that wait has not changed for a while. Where it cannot ask, what the kernel has been given counts as delivered: a unix-domain socket
 * hands it over at once, and has no reset.
 *
 * <p>Confined to the event loop of the channel.
 */
final class LateReset {

    private static final InternalLogger logger = InternalLoggerFactory.getInstance(LateReset.class);

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long FIRST_DELAY_MILLIS = 1;
    private static final long LAST_DELAY_MILLIS = 64;

    private final Channel channel;
    /** What was written has been given to the kernel, by all who stood in between. */
    private boolean flushed;
    /** Bytes that wait for the far end. */
    private long waiting;

    private long lastProgress;
    private long delayMillis = FIRST_DELAY_MILLIS;

    private LateReset(Channel channel) {
        this.channel = channel;
        lastProgress = now();
    }

    /** Whoever closes the channel from here on resets it. */
    static void onClose(Channel channel) {
        if (channel.isOpen()) {
            try {
                channel.config().setOption(ChannelOption.SO_LINGER, 0);
            } catch (ChannelException e) {
                logger.debug("{} SO_LINGER cannot be set", channel, e);
            }
        }
    }

    /** Not through the pipeline, whose handlers would say goodbye. */
    static void now(Channel channel) {
        assert channel.eventLoop().inEventLoop();
        onClose(channel);
        channel.unsafe().close(channel.unsafe().voidPromise());
    }

    /** Any thread. */
    static void onceDelivered(Channel channel) {
        Loops.run(channel, () -> {
            onClose(channel);
            LateReset reset = new LateReset(channel);
            channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> reset.flushed = true);
            reset.check();
        });
    }

    private long now() {
        return channel.eventLoop().ticker().nanoTime();
    }

    private void check() {
        if (!channel.isOpen()) {
            return; // whoever holds what was written may say nothing of it any more
        }
        int unsent = EpollSplice.unsentBytes(channel);
        boolean delivered = flushed && unsent <= 0;
        if (delivered
                || isHopeless(queued() + Math.max(unsent, 0))
                || channel.eventLoop().isShuttingDown()) {
            now(channel);
        } else {
            // Looks again on its loop, which may be another by then: so also if that which it has left ends, and
            // cancels.
            channel.eventLoop()
                    .schedule(() -> {}, delayMillis, TimeUnit.MILLISECONDS)
                    .addListener(over -> Loops.run(channel, this::check));
            delayMillis = Math.min(2 * delayMillis, LAST_DELAY_MILLIS);
        }
    }

    private long queued() {
        ChannelOutboundBuffer outbound = channel.unsafe().outboundBuffer();
        return outbound == null ? 0 : outbound.totalPendingWriteBytes();
    }

    /** Where none wait, but more are to come, a handler holds them back, which is no fault of the far end's. */
    private boolean isHopeless(long waitingNow) {
        if (waitingNow != waiting) {
            waiting = waitingNow;
            lastProgress = now();
            delayMillis = FIRST_DELAY_MILLIS;
        }
        return waiting > 0 && now() - lastProgress > PATIENCE_NANOS;
    }
}
