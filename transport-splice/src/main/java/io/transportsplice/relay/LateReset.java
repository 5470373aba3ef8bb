package io.transportsplice.relay;

import io.netty.channel.Channel;
import io.transportsplice.EpollSplice;
import java.util.concurrent.TimeUnit;

/**
 * Resets a channel once its far end has acknowledged what was written to it: a reset throws away what the kernel still has
 * to send. Nothing tells of that moment, so it asks from time to time, and gives up when nothing was acknowledged for a
 * while. Where it cannot ask, it resets at once: a unix-domain socket hands over what is written at once, and has no reset.
 *
 * <p>Confined to the event loop of the channel.
 */
final class LateReset {

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long FIRST_DELAY_MILLIS = 1;
    private static final long LAST_DELAY_MILLIS = 64;

    private final Channel channel;
    private int unsent = Integer.MAX_VALUE;
    private long lastProgress;
    private long delayMillis = FIRST_DELAY_MILLIS;

    private LateReset(Channel channel) {
        this.channel = channel;
        lastProgress = now();
    }

    static void of(Channel channel) {
        assert channel.eventLoop().inEventLoop();
        new LateReset(channel).check();
    }

    private long now() {
        return channel.eventLoop().ticker().nanoTime();
    }

    private void check() {
        int left = EpollSplice.unsentBytes(channel);
        if (left <= 0 || isHopeless(left) || channel.eventLoop().isShuttingDown()) {
            RelayHandler.reset(channel);
        } else {
            channel.eventLoop().schedule(this::check, delayMillis, TimeUnit.MILLISECONDS);
            delayMillis = Math.min(2 * delayMillis, LAST_DELAY_MILLIS);
        }
    }

    private boolean isHopeless(int left) {
        if (left < unsent) {
            unsent = left;
            lastProgress = now();
            delayMillis = FIRST_DELAY_MILLIS;
        }
        return now() - lastProgress > PATIENCE_NANOS;
    }
}
