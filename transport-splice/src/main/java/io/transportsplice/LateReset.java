package io.transportsplice;

import io.netty.channel.Channel;
import io.netty.channel.epoll.AbstractEpollStreamChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import java.util.concurrent.TimeUnit;

/**
 * Resets a channel once its far end has acknowledged what was written to it: a reset throws away what the kernel still has
 * to send. Nothing tells of that moment, so it asks (SIOCOUTQ, tcp(7)) from time to time, and gives up when nothing was
 * acknowledged for a while. Where it cannot ask, it resets at once.
 *
 * <p>Confined to the event loop of the channel.
 */
final class LateReset {

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long FIRST_DELAY_MILLIS = 1;
    private static final long LAST_DELAY_MILLIS = 64;

    private final Channel channel;
    private int unsent = Integer.MAX_VALUE;
    private long lastProgress = System.nanoTime();
    private long delayMillis = FIRST_DELAY_MILLIS;

    private LateReset(Channel channel) {
        this.channel = channel;
    }

    static void of(Channel channel) {
        assert channel.eventLoop().inEventLoop();
        new LateReset(channel).check();
    }

    private void check() {
        int now = unsent();
        if (now <= 0 || isHopeless(now)) {
            RelayHandler.reset(channel);
        } else {
            channel.eventLoop().schedule(this::check, delayMillis, TimeUnit.MILLISECONDS);
            delayMillis = Math.min(2 * delayMillis, LAST_DELAY_MILLIS);
        }
    }

    private boolean isHopeless(int now) {
        if (now < unsent) {
            unsent = now;
            lastProgress = System.nanoTime();
            delayMillis = FIRST_DELAY_MILLIS;
        }
        return System.nanoTime() - lastProgress > PATIENCE_NANOS;
    }

    /** A unix-domain socket hands over what is written at once, and has no reset. */
    private int unsent() {
        boolean canAsk = channel instanceof EpollSocketChannel && channel.isOpen() && EpollSplice.isAvailable();
        return canAsk
                ? EpollSplice.libc()
                        .unsent(((AbstractEpollStreamChannel) channel).fd().intValue())
                : 0;
    }
}
