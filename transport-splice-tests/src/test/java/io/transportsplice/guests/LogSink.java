// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import io.netty.handler.logging.ByteBufFormat;
import io.netty.handler.logging.LogLevel;
import io.netty.handler.logging.LoggingHandler;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Where LoggingHandlers write to: it counts, and forgets. */
final class LogSink extends Handler {
    private static final String NAME = "io.transportsplice.guests.log";
    /** Held, or the garbage collector forgets how it is configured. */
    private static final Logger LOGGER = Logger.getLogger(NAME);

    private static final LogSink SINK = new LogSink();

    static {
        LOGGER.setLevel(Level.ALL);
        LOGGER.setUseParentHandlers(false);
        LOGGER.addHandler(SINK);
    }

    private final AtomicLong written = new AtomicLong();

    private LogSink() {}

    /** A handler whose messages are made, which is where it looks at buffers. */
    static LoggingHandler handler(Site site, ByteBufFormat format) {
        long before = SINK.written.get();
        long least = format == ByteBufFormat.HEX_DUMP ? GuestCase.BYTES : 1;
        site.check(() -> {
            if (SINK.written.get() - before < least) {
                throw new AssertionError("logged " + (SINK.written.get() - before) + " characters");
            }
        });
        return new LoggingHandler(NAME, LogLevel.DEBUG, format);
    }

    @Override
    public void publish(LogRecord log) {
        written.addAndGet(log.getMessage().length());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
}
