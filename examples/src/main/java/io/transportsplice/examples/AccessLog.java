// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;

/**
 * A line for each connection, written by a thread of its own. Event loops never wait for it: what its queue has no room for,
 * since a disk or a reader is slow, is lost and counted. Any thread.
 */
final class AccessLog implements AutoCloseable {
    /** Some seconds of a busy proxy, at some hundred bytes each. */
    private static final int QUEUE_SIZE = 8_192;

    private static final String STDOUT = "-";

    /** How lines look, by the names they have on the command line. */
    enum Format {
        JSON,
        TEXT;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final LoggerContext logback = new LoggerContext();
    private final Logger logger = logback.getLogger("access");
    private final Queue queue = new Queue();
    private final AccessLogFile out;
    private final Format format;

    AccessLog(AccessLogFile out, Format format) {
        this.out = out;
        this.format = format;
        logback.setMDCAdapter(new LogbackMDCAdapter()); // which events ask, and only the global context is given
        out.setContext(logback);
        out.start();
        queue.setContext(logback);
        queue.setQueueSize(QUEUE_SIZE);
        queue.setDiscardingThreshold(0); // all lines are worth the same
        queue.setNeverBlock(true);
        queue.addAppender(out);
        queue.start();
        logger.addAppender(queue);
    }

    /**
     * @param target a file, to which lines are appended, or {@code -}
     * @throws IOException if the file cannot be written
     */
    static AccessLog open(String target, Format format) throws IOException {
        try {
            return new AccessLog(
                    target.equals(STDOUT) ? AccessLogFile.stdout() : AccessLogFile.open(Path.of(target)), format);
        } catch (IOException | IllegalArgumentException e) {
            throw new IOException("cannot write the access log: " + e, e);
        }
    }

    void write(AccessEntry entry) {
        logger.info(format == Format.JSON ? entry.json() : entry.text());
    }

    /** Lines so far that the queue had no room for. */
    long lost() {
        return queue.lost.sum();
    }

    /** Lines so far that could not be written. */
    long failures() {
        return out.failures();
    }

    /** Its file may have been renamed: from the next line on it is opened anew. Waits for nothing. */
    void reopen() {
        out.reopen();
    }

    /** Writes what is in the queue, if that can be done in a second. */
    @Override
    public void close() {
        logback.stop();
    }

    /** Logback's, which drops what it has no room for without a word. */
    private static final class Queue extends AsyncAppender {
        private final LongAdder lost = new LongAdder();

        /** One at a time: else the last place could be taken in between. */
        @Override
        protected synchronized void append(ILoggingEvent line) {
            if (getRemainingCapacity() > 0) {
                super.append(line);
            } else {
                lost.increment();
            }
        }
    }
}
