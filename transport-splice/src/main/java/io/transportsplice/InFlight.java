// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.util.concurrent.Ticker;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * The buffers of a source that are not home yet, of which those that wait in sinks bound it. Where somebody else has one, a
 * queue or an aggregator, it may be waiting for more: then there may be more, and when those are many, Netty is to read as
 * it would without us.
 *
 * <p>Confined to the event loop of the source.
 */
final class InFlight {

    /** How long a source has waited for its sinks. */
    enum Wait {
        NONE,
        SHORT,
        /** So long that the sink is slow. */
        LONG
    }

    /** The most pipes that others may hold: what a traffic shaper queues before it says stop, 4 MB, in pipes half full. */
    private static final int MOST_HELD = 16;
    /** Write timeouts are a second and more. */
    private static final long LONG_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final int most;
    private final Ticker clock;
    private PipeByteBuf[] buffers = new PipeByteBuf[2];
    private int count;
    /** Whether so many wait in sinks that the source has to. */
    private boolean full;

    private long fullSince;

    /** @param most how many may wait in sinks */
    InFlight(int most, Ticker clock) {
        this.most = most;
        this.clock = clock;
    }

    void add(PipeByteBuf buffer) {
        if (count == buffers.length) {
            buffers = Arrays.copyOf(buffers, 2 * count);
        }
        buffers[count++] = buffer;
    }

    /** One is home, whatever became of it. Returns how long the source had to wait for that. */
    @SuppressWarnings("ReferenceEquality") // equals() would compare bytes
    Wait remove(PipeByteBuf buffer) {
        int i = 0;
        while (buffers[i] != buffer) {
            i++;
        }
        count--;
        buffers[i] = buffers[count];
        buffers[count] = null;
        if (!full) {
            return Wait.NONE;
        }
        full = false;
        return clock.nanoTime() - fullSince > LONG_NANOS ? Wait.LONG : Wait.SHORT;
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
        if (!full) {
            full = true;
            fullSince = clock.nanoTime();
        }
        return SocketReader.Outcome.NOT_NOW;
    }
}
