// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.transportsplice.SpliceOptions.Policy;

/**
 * Decides when a source is to be spliced. Splicing wins from somewhere between 16 and 32 KiB a wake-up and costs a fifth
 * more below, so {@link Policy#AUTO} asks how much waits in the socket, once a message has filled its buffer and after each
 * burst that was not small. The first such message is the last that is copied until then: whoever copies a fast sender's
 * first burst falls behind, and then the queues stay full. It stops after a few small bursts in a row. Where splicing was
 * refused, or was in vain because somebody looked, it is tried again only after a number of copied bytes, which doubles each
 * time, and starts over once a buffer has been drained.
 *
 * <p>A message may be as large as Netty's, and no larger than what has gone well before. So whoever looks needs no more memory
 * than without us, whoever makes frames makes none that are larger, and where a sink is slow, writes are not done so much later
 * that somebody's timeout fires.
 *
 * <p>Confined to the event loop of its channel.
 */
final class StreamMeter {

    private static final int LARGE = 32 * 1024;
    private static final int SMALL = 16 * 1024;
    /** Asking costs a system call: not after every message of a chat. */
    private static final int WORTH_ASKING = 8 * 1024;
    /** A known length this large is worth splicing at once, too. */
    private static final int LARGE_LIMIT = 64 * 1024;

    /** What Netty reads at once, at the most. */
    private static final int MOST_OF_NETTY = 64 * 1024;
    /** Of which one or two in flight are written in less than a second at 1 MiB/s. */
    private static final int MOST_UNTIL_PROVEN = 256 * 1024;
    /**
     * Where no sink was full, what was drained may lie in the kernel's queues, 10 MiB at the most: so many times as much has to
     * go well for a message of that size.
     */
    private static final int QUEUES = 8;

    private static final int SMALL_BURSTS_TO_STOP = 3;
    private static final int FIRST_HOLD_OFF = 64 * 1024;
    /** To 64 MiB. */
    private static final int MOST_DOUBLINGS = 10;

    final SpliceOptions options;
    private boolean asks;
    /** No message has filled its buffer yet. */
    private boolean fits;
    /** Bytes that went well since the last that did not; those that are proven to have gone count for more. */
    private long trusted;
    /** Small bursts in a row, no more of them than stop it. */
    private byte run;
    /** Refusals in a row, no more of them than count. */
    private byte refusals;
    /** Bytes to be copied before the next try. */
    private int holdOff;

    StreamMeter(SpliceOptions options) {
        this.options = options;
        fits = options.policy() == Policy.AUTO;
    }

    /** A burst of so many bytes was copied. */
    void copied(long bytes) {
        holdOff -= (int) Math.min(holdOff, bytes);
        asks |= options.policy() == Policy.AUTO && bytes >= WORTH_ASKING;
    }

    /** A message filled its buffer. Returns whether no more is to be copied before it is asked how much waits. */
    boolean filled() {
        boolean first = fits;
        fits = false;
        asks |= first;
        return first;
    }

    /** Whether a source that is copied may be a stream: to be asked at its next wake-up, unless that is known. */
    boolean mayBeStream() {
        return holdOff == 0 && (asks || options.policy() == Policy.ALWAYS);
    }

    /** Whether it wants to know how much waits in the socket. */
    boolean asks() {
        return asks;
    }

    /** Whether so many bytes, which wait, are worth splicing from here on. */
    boolean isStream(int waiting) {
        asks = false;
        return waiting >= LARGE;
    }

    /** Whether so many bytes, known to come in a row, are to be spliced. */
    boolean isStreamOf(long bytes) {
        Policy policy = options.policy();
        if (holdOff > 0 || policy == Policy.NEVER || (policy != Policy.ALWAYS && bytes < LARGE_LIMIT)) {
            return false;
        }
        asks = false;
        return true;
    }

    /** Whether a source that is spliced is to be copied from here on. */
    boolean isChatter(long bytes) {
        boolean small = bytes < Math.min(SMALL, options.pipeCapacity()); // a full pipe is not
        run = (byte) (small ? Math.min(run + 1, SMALL_BURSTS_TO_STOP) : 0);
        return options.policy() != Policy.ALWAYS && run >= SMALL_BURSTS_TO_STOP;
    }

    /** How large a message may be. */
    int mostBytes() {
        long most = Math.max(MOST_OF_NETTY, Math.max(Math.min(trusted, MOST_UNTIL_PROVEN), trusted / QUEUES));
        return (int) Math.min(options.pipeCapacity(), most);
    }

    /** Splicing started. */
    void started() {
        run = 0;
    }

    /** Splicing was worth while: a sink drained so many bytes. They are late if somebody held them, such as a traffic shaper. */
    void drained(int bytes, boolean late) {
        trusted = late ? Math.min(trusted + bytes, MOST_UNTIL_PROVEN) : trusted + bytes;
        refusals = 0;
    }

    /** The same, after its socket had been full: if they are not late, they do not just lie in the kernel's queues. */
    void drainedOfAFullOne(int bytes, boolean late) {
        trusted = late ? 0 : trusted + (long) QUEUES * bytes;
        refusals = 0;
    }

    /** The same, but somebody makes frames of them. */
    void drainedFrame() {
        trusted = 0;
        refusals = 0;
    }

    /** Splicing stopped for lack of something. */
    void refused() {
        trusted = 0;
        holdOff = FIRST_HOLD_OFF << refusals;
        refusals = (byte) Math.min(refusals + 1, MOST_DOUBLINGS);
    }
}
