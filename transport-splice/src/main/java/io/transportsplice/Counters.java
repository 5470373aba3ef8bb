package io.transportsplice;

import io.netty.util.concurrent.FastThreadLocal;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;

/** What all event loops did together. Any thread. */
final class Counters {

    private static final InternalLogger logger = InternalLoggerFactory.getInstance(Counters.class);

    static final LongAdder REGIONS = new LongAdder();
    static final LongAdder REGIONS_RELEASED = new LongAdder();
    static final LongAdder BYTES_SPLICED = new LongAdder();
    static final LongAdder BYTES_COPIED = new LongAdder();
    static final LongAdder ADOPTIONS = new LongAdder();

    private static final FastThreadLocal<Set<SpliceFallback>> TOLD = new FastThreadLocal<>() {
        @Override
        protected Set<SpliceFallback> initialValue() {
            return EnumSet.noneOf(SpliceFallback.class);
        }
    };

    private static final Map<SpliceFallback, LongAdder> FALLBACKS = new EnumMap<>(SpliceFallback.class);

    static {
        for (SpliceFallback reason : SpliceFallback.values()) {
            FALLBACKS.put(reason, new LongAdder());
        }
    }

    private Counters() {}

    static void fallback(SpliceFallback reason, Object where) {
        FALLBACKS.get(reason).increment();
        FlightRecording.fallback(reason, where);
        // Each event loop tells each reason once; how often it came is the counter's to say.
        if (logger.isDebugEnabled() && TOLD.get().add(reason)) {
            logger.debug("{} Not splicing: {} (told once, see SpliceMetrics)", where, reason);
        }
    }

    static long fallbacks(SpliceFallback reason) {
        return FALLBACKS.get(reason).sum();
    }
}
