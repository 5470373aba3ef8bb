// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;

/**
 * One of the two channels of a relay: all that {@link Direction}, {@link IdleWatch} and {@link RelayPair} know of one.
 * Confined to the event loop of its channel, but for what says otherwise.
 */
@NullMarked
abstract class RelaySide extends ChannelInboundHandlerAdapter {

    private final AtomicLong bytesRelayed = new AtomicLong();
    /** Known once it is added, or claimed. */
    Channel channel;

    /** Null until a pair has claimed it, even if that has not begun. */
    private volatile @Nullable RelayPair relay;

    /** Bytes read from this channel and handed to its peer so far. Any thread, while it runs. */
    public final long bytesRelayed() {
        return bytesRelayed.get();
    }

    final void relayed(long bytes) {
        bytesRelayed.lazySet(bytesRelayed.getPlain() + bytes);
    }

    final void belongsTo(RelayPair pair, Channel itsChannel) {
        channel = itsChannel;
        relay = pair;
    }

    /** How the relay ended, or {@code null} while it goes on, and where there never was one. Any thread. */
    public final @Nullable RelayEnd end() {
        RelayPair.Ending ending = ending();
        return ending == null ? null : ending.how();
    }

    /** The error that ended it, or {@code null} if there was none, or it goes on. Any thread. */
    public final @Nullable Throwable endCause() {
        RelayPair.Ending ending = ending();
        return ending == null ? null : ending.cause();
    }

    private RelayPair.@Nullable Ending ending() {
        RelayPair pair = relay;
        return pair == null ? null : pair.ending();
    }

    /** Its relay, even if that has not begun. Any thread. */
    final @Nullable RelayPair pair() {
        return relay;
    }

    /** From here on it has a peer. */
    abstract void joined(Direction direction);

    /** Asks for more, if there may be any, and its peer takes it. */
    abstract void readMore();

    /** One of the directions has ended: from here on the other's timeout holds. */
    abstract void halfClosed();

    /** Nothing moved for the time allowed. */
    abstract void timedOut();

    /** Tells the pair whether anything has moved. */
    abstract void noticeProgress();

    /** It will not tell how its input would have gone on: it is reset, unless both directions have ended. */
    abstract void cut(RelayEnd how, @Nullable Throwable cause);
}
