package io.transportsplice;

import io.transportsplice.SpliceOptions.Policy;

/**
 * Decides when a source is to be spliced, from the bytes that each wake-up brought. Splicing wins from somewhere between
 * 16 and 32 KiB a wake-up and costs a fifth more below, so {@link Policy#AUTO} starts after a few large bursts in a row
 * and stops after a few small ones; the two thresholds lie apart, and a run is needed either way, so it cannot
 * oscillate. Where splicing was refused, or was in vain because somebody looked, it is not tried again until more bytes
 * were copied than the last time, until a buffer has been drained.
 *
 * <p>Confined to the event loop of its channel.
 */
final class StreamMeter {

    private static final int LARGE_BURST = 32 * 1024;
    private static final int SMALL_BURST = 16 * 1024;
    private static final int LARGE_BURSTS_TO_START = 3;
    /** A known length this large is worth splicing at once, too. */
    private static final int LARGE_LIMIT = 64 * 1024;

    private static final int SMALL_BURSTS_TO_STOP = 3;
    private static final int FIRST_HOLD_OFF = 64 * 1024;
    private static final int LAST_HOLD_OFF = 64 * 1024 * 1024;

    private final Policy policy;
    private final int smallBurst;
    private int run;
    /** Bytes to be copied before the next try; doubles with each refusal. */
    private int holdOff;

    private int nextHoldOff = FIRST_HOLD_OFF;

    StreamMeter(SpliceOptions options) {
        policy = options.policy();
        smallBurst = Math.min(SMALL_BURST, options.pipeCapacity()); // a full pipe is not small
    }

    /** Whether a source that is copied is to be spliced from here on. */
    boolean isStream(long copiedBytes) {
        holdOff -= (int) Math.min(holdOff, copiedBytes);
        run = copiedBytes >= LARGE_BURST ? run + 1 : 0;
        if (holdOff > 0) {
            return false;
        }
        return policy == Policy.ALWAYS || (policy != Policy.NEVER && run >= LARGE_BURSTS_TO_START);
    }

    /** Whether so many bytes, known to come in a row, are to be spliced. */
    boolean isStreamOf(long bytes) {
        return holdOff == 0 && (policy == Policy.ALWAYS || (policy != Policy.NEVER && bytes >= LARGE_LIMIT));
    }

    /** Whether a source that is spliced is to be copied from here on. */
    boolean isChatter(long splicedBytes) {
        run = splicedBytes < smallBurst ? run + 1 : 0;
        if (policy == Policy.ALWAYS || run < SMALL_BURSTS_TO_STOP) {
            return false;
        }
        run = 0; // those were small ones: starting again takes a run of its own
        return true;
    }

    /** Splicing started. */
    void started() {
        run = 0;
    }

    /** Splicing was worth while: a sink drained a pipe. */
    void drained() {
        nextHoldOff = FIRST_HOLD_OFF;
    }

    /** Splicing stopped for lack of something. */
    void refused() {
        run = 0;
        holdOff = nextHoldOff;
        nextHoldOff = Math.min(nextHoldOff * 2, LAST_HOLD_OFF);
    }
}
