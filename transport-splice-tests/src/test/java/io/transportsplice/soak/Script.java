// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.soak;

/**
 * What one end of a connection does.
 *
 * @param total the bytes that it means to send
 * @param goal the bytes after which it ends: all of them, except before a reset
 * @param pacing when it may send them
 * @param message the size of one message where messages alternate
 * @param ending how it ends its stream after them
 * @param maxChunk the most it writes at once; each write is of random size up to that
 * @param pausePercent how often it pauses after a write
 * @param maxRead the most it reads at once
 * @param readPauseMicros how long it pauses after each read
 * @param bufferSize its socket's buffers; 0 for the system's default
 * @param startMillis how long it waits before it does anything
 */
record Script(
        long total,
        long goal,
        Pacing pacing,
        int message,
        Ending ending,
        int maxChunk,
        int pausePercent,
        int maxRead,
        int readPauseMicros,
        int bufferSize,
        int startMillis) {

    /** When the bytes may go. */
    enum Pacing {
        /** At once. */
        FREE,
        /** Only when the other end's stream has ended. */
        AFTER_EOF,
        /** One message for each that has come, and one ahead. */
        PING,
        /** One message for each that has come. */
        PONG
    }

    /** How a stream ends. */
    enum Ending {
        HALF_CLOSE,
        CLOSE,
        RESET
    }

    /** How many bytes may have been sent, once so many have been received. */
    long limit(long received, boolean inputEnded) {
        return switch (pacing) {
            case FREE -> goal;
            case AFTER_EOF -> inputEnded ? goal : 0;
            case PING -> Math.min(goal, (received / message + 1) * message);
            case PONG -> Math.min(goal, received / message * message);
        };
    }

    /** How far this script has come at one of the ends. */
    String position(long bytes, boolean ended, String done) {
        return bytes + " of " + goal + " " + done + ", end " + (ended ? "" : "not ") + done;
    }

    boolean mayEnd(long sent, boolean inputEnded) {
        return sent >= goal && (pacing != Pacing.AFTER_EOF || inputEnded);
    }

    /** With no more bytes than can pass between these two ends within seconds. */
    Script withinReachOf(Script reader) {
        long most = bufferSize > 0 || reader.bufferSize > 0 ? 30_000 : Long.MAX_VALUE;
        if (reader.readPauseMicros > 0) {
            most = Math.min(most, reader.maxRead * 1000L);
        }
        most = Math.min(most, maxChunk * (pausePercent > 0 ? 1000L : 4000L));
        return with(total > most ? total % most : total, pacing, ending);
    }

    Script with(long newTotal, Pacing newPacing, Ending newEnding) {
        return new Script(
                newTotal,
                newTotal,
                newPacing,
                message,
                newEnding,
                maxChunk,
                pausePercent,
                maxRead,
                readPauseMicros,
                bufferSize,
                startMillis);
    }

    Script resettingAfter(long bytes) {
        return new Script(
                total,
                bytes,
                pacing,
                message,
                Ending.RESET,
                maxChunk,
                pausePercent,
                maxRead,
                readPauseMicros,
                bufferSize,
                startMillis);
    }

    Script startingAfter(int millis) {
        return new Script(
                total,
                goal,
                pacing,
                message,
                ending,
                maxChunk,
                pausePercent,
                maxRead,
                readPauseMicros,
                bufferSize,
                millis);
    }
}
