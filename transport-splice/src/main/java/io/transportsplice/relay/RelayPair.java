package io.transportsplice.relay;

import io.netty.channel.Channel;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the two {@link RelayHandler}s of a relay share: how many of its two directions are finished, how often either of its
 * channels was seen to make progress, and how it ended, for the event that tells of it. Any thread.
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

    private static final boolean RECORDS = hasRecorder();

    private final Channel a;
    private final RelayHandler relayA;
    private final Channel b;
    private final RelayHandler relayB;
    /** Null where the runtime has no Flight Recorder: an image made by jlink may lack it. */
    private final RelayEvent event = RECORDS ? RelayEvent.begun() : null;

    private final AtomicInteger finished = new AtomicInteger();
    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicLong progress = new AtomicLong();

    private RelayPair(Channel a, RelayHandler relayA, Channel b, RelayHandler relayB) {
        this.a = a;
        this.relayA = relayA;
        this.b = b;
        this.relayB = relayB;
    }

    /** @throws IllegalStateException if one of them is in a pair already; then the other is not taken */
    static RelayPair of(Channel a, RelayHandler relayA, Channel b, RelayHandler relayB) {
        claim(a, relayA);
        try {
            claim(b, relayB);
        } catch (IllegalStateException e) {
            relayA.claimed.set(false);
            throw e;
        }
        return new RelayPair(a, relayA, b, relayB);
    }

    private static void claim(Channel channel, RelayHandler relay) {
        if (!relay.claimed.compareAndSet(false, true)) {
            throw new IllegalStateException(channel + " has been joined before");
        }
    }

    void begin() {
        Loops.run(a, () -> relayA.joined(new Direction(a, relayA, b, relayB, this)));
        Loops.run(b, () -> relayB.joined(new Direction(b, relayB, a, relayA, this)));
    }

    private static boolean hasRecorder() {
        try {
            Class.forName("jdk.jfr.Event", false, RelayPair.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
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

    /** Something moved. */
    void progressed() {
        progress.incrementAndGet();
    }

    long progress() {
        return progress.get();
    }

    /** Only the first end counts: what follows is its consequence. */
    void ended(End how, Throwable cause) {
        if (ended.compareAndSet(false, true) && event != null) {
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
