package io.transportsplice;

import io.netty.channel.Channel;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What the two {@link RelayHandler}s of a relay share: how many of its two directions are finished, and how it ended,
 * for the event that tells of it. Any thread.
 */
final class RelayPair {

    /** How a relay ends. */
    enum End {
        /** Both directions ended, each with its last byte. */
        FINISHED,
        /** Nothing moved for the time allowed. */
        TIMEOUT,
        /** A channel had an error: a reset, for instance. */
        FAILED,
        /** A channel was closed before both directions had ended, by this side as a rule. */
        CLOSED
    }

    private final Channel a;
    private final RelayHandler relayA;
    private final Channel b;
    private final RelayHandler relayB;
    private final RelayEvent event = FlightRecording.relayBegun();
    private final AtomicInteger finished = new AtomicInteger();
    private final AtomicBoolean ended = new AtomicBoolean();

    RelayPair(Channel a, RelayHandler relayA, Channel b, RelayHandler relayB) {
        this.a = a;
        this.relayA = relayA;
        this.b = b;
        this.relayB = relayB;
    }

    /** A direction has ended, and its last byte is written. Whether it was the second. */
    boolean directionFinished() {
        boolean both = finished.incrementAndGet() == 2;
        if (both) {
            ended(End.FINISHED, null);
        }
        return both;
    }

    boolean isFinished() {
        return finished.get() == 2;
    }

    /** Only the first end counts: what follows is its consequence. */
    void ended(End how, Throwable cause) {
        if (event != null && ended.compareAndSet(false, true)) {
            event.ended(this, how, cause);
        }
    }

    Channel channelA() {
        return a;
    }

    Channel channelB() {
        return b;
    }

    long bytesFromA() {
        return relayA.bytesRelayed();
    }

    long bytesFromB() {
        return relayB.bytesRelayed();
    }
}
