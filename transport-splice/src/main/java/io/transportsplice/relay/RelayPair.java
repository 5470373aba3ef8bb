// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import jdk.jfr.FlightRecorder;

/**
 * What the two {@link RelaySide}s of a relay share: how many of its two directions are finished, how often either of its
 * channels was seen to make progress, and how it ended, for the event that tells of it. Any thread.
 */
final class RelayPair {

    private static final Object JOINING = new Object();
    /** An image made by jlink may lack it. */
    private static final boolean RECORDS = hasRecorder();

    private final RelaySide sideA;
    private final RelaySide sideB;
    /** Null where there has been no recording yet: to load an event's class takes an event loop a tenth of a second. */
    private RelayEvent event;

    private final AtomicInteger finished = new AtomicInteger();
    private final AtomicReference<Ending> ending = new AtomicReference<>();
    private final AtomicLong progress = new AtomicLong();

    /** The cause may be null. */
    record Ending(RelayEnd how, Throwable cause) {}

    RelayPair(RelaySide sideA, RelaySide sideB) {
        this.sideA = sideA;
        this.sideB = sideB;
    }

    /** One at a time: two who join the same channels would each take one of them, or each give one a handler. */
    static RelayPair claim(Channel a, Channel b, Supplier<RelaySide> newSide) {
        if (a == b) {
            throw new IllegalArgumentException("a channel cannot be joined to itself: " + a);
        }
        a.eventLoop(); // throws if it has none
        b.eventLoop();
        synchronized (JOINING) {
            checkUnclaimed(a);
            checkUnclaimed(b);
            RelaySide sideA = sideOf(a, newSide);
            RelaySide sideB = sideOf(b, newSide);
            RelayPair pair = new RelayPair(sideA, sideB);
            sideA.belongsTo(pair, a);
            sideB.belongsTo(pair, b);
            return pair;
        }
    }

    private static void checkUnclaimed(Channel channel) {
        RelaySide side = channel.pipeline().get(RelaySide.class);
        if (side == null) {
            return;
        }
        if (side.pair() != null) {
            throw new IllegalStateException(channel + " has been joined before");
        }
        if (!isOnLoopOf(channel, channel.pipeline().context(side))) {
            throw new IllegalStateException("the RelayHandler of " + channel + " has an executor of its own");
        }
    }

    /** A loop and a view of it end together. */
    private static boolean isOnLoopOf(Channel channel, ChannelHandlerContext ctx) {
        EventExecutor loop = channel.eventLoop();
        return ctx == null || ctx.executor() == loop || ctx.executor().terminationFuture() == loop.terminationFuture();
    }

    private static RelaySide sideOf(Channel channel, Supplier<RelaySide> newSide) {
        RelaySide side = channel.pipeline().get(RelaySide.class);
        if (side == null) {
            side = newSide.get();
            add(side, channel);
        }
        return side;
    }

    private static void add(RelaySide side, Channel channel) {
        try {
            channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true); // its input may end before it is added
            channel.pipeline().addLast(side);
        } catch (RejectedExecutionException e) {
            if (!channel.eventLoop().isShutdown()) {
                throw e;
            } // else it is closed, for which the other side is reset
        }
    }

    private static boolean hasRecorder() {
        try {
            Class.forName("jdk.jfr.Event", false, RelayPair.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    private static boolean mayRecord() {
        return RECORDS && FlightRecorder.isInitialized();
    }

    /** Starts relaying in both directions. */
    void begin() {
        event = mayRecord() ? RelayEvent.begun() : null;
        Loops.run(sideA.channel, () -> sideA.joined(new Direction(sideA, sideB, this)));
        Loops.run(sideB.channel, () -> sideB.joined(new Direction(sideB, sideA, this)));
    }

    /** A direction has ended, and its last byte is written. Whether it was the second. */
    boolean directionFinished() {
        boolean both = finished.incrementAndGet() == 2;
        if (both) {
            ended(RelayEnd.FINISHED, null);
        }
        return both;
    }

    /** Whether one direction goes on, and the other does not. */
    boolean isHalfFinished() {
        return finished.get() == 1;
    }

    boolean isFinished() {
        return finished.get() == 2;
    }

    /**
     * Has the other side notice what moved there, then does the rest, on each one's event loop. At once if the other channel
     * is closed, or its loop has ended.
     */
    void askOther(RelaySide asking, Runnable then) {
        RelaySide other = asking == sideA ? sideB : sideA;
        if (!other.channel.isOpen() || other.channel.eventLoop().isShutdown()) {
            then.run();
            return;
        }
        Loops.run(other.channel, () -> {
            other.noticeProgress();
            Loops.run(asking.channel, then);
        });
    }

    /** Something moved. */
    void progressed() {
        progress.incrementAndGet();
    }

    long progress() {
        return progress.get();
    }

    /** Null while it goes on. */
    Ending ending() {
        return ending.get();
    }

    /** Only the first end counts: what follows is its consequence. */
    void ended(RelayEnd how, Throwable cause) {
        if (ending.compareAndSet(null, new Ending(how, cause)) && mayRecord()) {
            RelayEvent told = event == null ? RelayEvent.begun() : event;
            told.bytesFromA = sideA.bytesRelayed();
            told.bytesFromB = sideB.bytesRelayed();
            told.ended(sideA.channel, sideB.channel, how.name(), cause);
        }
    }
}
