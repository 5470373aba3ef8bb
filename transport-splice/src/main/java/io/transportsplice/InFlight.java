// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.util.concurrent.Ticker;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * The buffers of a source that are not home yet, and since when. Those that wait in sinks bound it. Where somebody else has
 * one, a queue or an aggregator, it may be waiting for more: then there may be more, and when those are many, Netty is to
 * read as it would without us.
 *
 * <p>Confined to the event loop of the source.
 */
final class InFlight {

    /** The most pipes that others may hold: what a traffic shaper queues before it says stop, 4 MB, in messages of 256 KiB. */
    private static final int MOST_HELD = 16;
    /** Whoever takes longer for a message is slow: timeouts are a second and more. */
    private static final long LONG_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    /** Those that are home before anybody else has his turn are not timed, which would cost each two looks at the clock. */
    private static final long AT_ONCE = Long.MIN_VALUE;

    private final int most;
    private final Ticker clock;
    private PipeByteBuf[] buffers = new PipeByteBuf[2];
    /** Since when they are on their way. */
    private long[] since = new long[2];

    private int count;

    /** @param most how many may wait in sinks */
    InFlight(int most, Ticker clock) {
        this.most = most;
        this.clock = clock;
    }

    /** One is about to go up the pipeline. */
    void add(PipeByteBuf buffer) {
        if (count == buffers.length) {
            buffers = Arrays.copyOf(buffers, 2 * count);
            since = Arrays.copyOf(since, 2 * count);
        }
        buffers[count] = buffer;
        since[count++] = AT_ONCE;
    }

    /** It has gone. */
    void delivered(PipeByteBuf buffer) {
        int i = indexOf(buffer);
        if (i >= 0) {
            since[i] = clock.nanoTime();
        }
    }

    /** One is home, whatever became of it. Returns whether that has taken long. */
    boolean remove(PipeByteBuf buffer) {
        int i = indexOf(buffer);
        long started = since[i];
        count--;
        buffers[i] = buffers[count];
        since[i] = since[count];
        buffers[count] = null;
        return started != AT_ONCE && clock.nanoTime() - started > LONG_NANOS;
    }

    @SuppressWarnings("ReferenceEquality") // equals() would compare bytes
    private int indexOf(PipeByteBuf buffer) {
        int i = count - 1;
        while (i >= 0 && buffers[i] != buffer) {
            i--;
        }
        return i;
    }

    /** What the source may do with what it could read. */
    SocketReader.Outcome next() {
        if (count < most) {
            return SocketReader.Outcome.USED;
        }
        for (int i = 0; i < count; i++) {
            if (!buffers[i].isWaiting()) {
                return count < Math.max(MOST_HELD, most)
                        ? SocketReader.Outcome.USED
                        : SocketReader.Outcome.LEFT_TO_CHANNEL;
            }
        }
        return SocketReader.Outcome.NOT_NOW;
    }
}
