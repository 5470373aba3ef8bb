// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.FileRegion;
import io.netty.util.concurrent.FastThreadLocal;
import io.netty.util.concurrent.Future;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import jdk.jfr.FlightRecorder;

/** What all event loops did together. Any thread. */
final class Counters {

    private static final InternalLogger logger = InternalLoggerFactory.getInstance(Counters.class);

    static final LongAdder BUFFERS = new LongAdder();
    static final LongAdder BUFFERS_RELEASED = new LongAdder();
    static final LongAdder BYTES_SPLICED = new LongAdder();
    static final LongAdder BYTES_COPIED = new LongAdder();
    static final LongAdder ADOPTIONS = new LongAdder();

    private static final FastThreadLocal<Set<SpliceFallback>> TOLD_BY_LOOP = new FastThreadLocal<>() {
        @Override
        protected Set<SpliceFallback> initialValue() {
            return EnumSet.noneOf(SpliceFallback.class);
        }
    };

    /** An image made by jlink may lack the module jdk.jfr. */
    private static final boolean RECORDS = hasRecorder();

    private static final Set<SpliceFallback> WARNED = ConcurrentHashMap.newKeySet();
    /** So many looks are looked into, then ever fewer, as it walks a stack and most are rightful. */
    private static final int FIRST_LOOKS = 32;

    private static final AtomicLong LOOKS = new AtomicLong();

    private static final Map<SpliceFallback, LongAdder> FALLBACKS = new EnumMap<>(SpliceFallback.class);

    static {
        for (SpliceFallback reason : SpliceFallback.values()) {
            FALLBACKS.put(reason, new LongAdder());
        }
    }

    private Counters() {}

    private static boolean hasRecorder() {
        try {
            Class.forName("jdk.jfr.Event", false, Counters.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    static void fallback(SpliceFallback reason, Object where) {
        FALLBACKS.get(reason).increment();
        if (RECORDS && FlightRecorder.isInitialized()) { // to load the event takes an event loop a tenth of a second
            FallbackEvent.commit(reason, where);
        }
        if (reason.remedy() != null && !Availability.DISABLED && WARNED.add(reason)) {
            logger.warn(
                    "{} Not splicing: {}: {}. Told once, see SpliceMetrics.",
                    where,
                    reason,
                    reason.remedy(),
                    reason == SpliceFallback.UNAVAILABLE ? Availability.CAUSE : null);
        } else if (logger.isDebugEnabled() && TOLD_BY_LOOP.get().add(reason)) {
            // Each event loop tells each reason once; how often it came is the counter's to say.
            logger.debug("{} Not splicing: {} (told once, see SpliceMetrics)", where, reason);
        }
    }

    static long fallbacks(SpliceFallback reason) {
        return FALLBACKS.get(reason).sum();
    }

    /** Somebody looks at bytes in a pipe. If that is a channel which sends them by itself, it lacks a splice handler. */
    static void lookedAt() {
        if (WARNED.contains(SpliceFallback.LOOKED_AT)) {
            return;
        }
        long before = LOOKS.getAndIncrement();
        if ((before < FIRST_LOOKS || Long.bitCount(before) == 1)
                && isByChannelThatSends()
                && WARNED.add(SpliceFallback.LOOKED_AT)) {
            logger.warn("Spliced bytes were written to a channel without an EpollSpliceHandler, and copied: put one"
                    + " first into its pipeline, too. Told once, see SpliceMetrics.");
        }
    }

    private static boolean isByChannelThatSends() {
        return StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE)
                .walk(frames -> frames.takeWhile(frame -> !isSomebodyElse(frame.getDeclaringClass()))
                        .anyMatch(frame -> Channel.class.isAssignableFrom(frame.getDeclaringClass())
                                && frame.getMethodName().equals("doWrite")));
    }

    /** A file region, ours or a user's, or a handler or listener that is called while a channel sends. */
    private static boolean isSomebodyElse(Class<?> caller) {
        return FileRegion.class.isAssignableFrom(caller)
                || ChannelHandlerContext.class.isAssignableFrom(caller)
                || Future.class.isAssignableFrom(caller);
    }
}
