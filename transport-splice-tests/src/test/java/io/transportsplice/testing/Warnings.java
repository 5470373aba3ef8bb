// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What a class says at WARN and above, as long as this is open. Any thread. */
public final class Warnings extends Handler implements AutoCloseable {
    private final Logger logger; // kept, or its handlers would be lost
    private final List<String> said = new CopyOnWriteArrayList<>();

    private Warnings(Logger logger) {
        this.logger = logger;
        setLevel(Level.WARNING);
        logger.addHandler(this);
    }

    public static Warnings of(Class<?> type) {
        return new Warnings(Logger.getLogger(type.getName()));
    }

    public List<String> said() {
        return List.copyOf(said);
    }

    @Override
    public void publish(LogRecord record) {
        if (isLoggable(record)) {
            said.add(record.getMessage() + ": " + record.getThrown());
        }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        logger.removeHandler(this);
    }
}
