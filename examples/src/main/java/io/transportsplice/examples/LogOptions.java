// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/** The options of what is told of each connection, and of trouble. */
final class LogOptions {
    private static final String PROJECT = "io.transportsplice";
    /** For whatever the proxies have to tell. */
    static final org.slf4j.Logger LOGGER = LoggerFactory.getLogger(PROJECT + ".proxy");

    @Option(
            names = "--access-log",
            paramLabel = "FILE|-",
            description = "Appends a line for each connection when it has ended; - is stdout.")
    private String accessLog;

    @Option(
            names = "--access-log-format",
            paramLabel = "json|text",
            defaultValue = "json",
            description = "How the line is written (${DEFAULT-VALUE}).")
    private AccessLog.Format format;

    @Option(names = "-v", description = "Logs more to stderr; given twice, what Netty has to say, too.")
    private boolean[] verbose = {};

    /** Has the logs as they are wanted from here on. */
    void apply() {
        if (verbose.length > 0) {
            logger(PROJECT).setLevel(Level.DEBUG);
        }
        if (verbose.length > 1) {
            logger(Logger.ROOT_LOGGER_NAME).setLevel(Level.DEBUG);
        }
    }

    private static Logger logger(String name) {
        return (Logger) LoggerFactory.getLogger(name);
    }

    /**
     * Opens the access log, if there is to be one.
     *
     * @throws IOException if it cannot be written
     */
    Optional<AccessLog> openAccessLog() throws IOException {
        return accessLog == null ? Optional.empty() : Optional.of(AccessLog.open(accessLog, format));
    }

    /** Writes what has been logged so far, and ends logging. */
    static void end() {
        ((LoggerContext) LoggerFactory.getILoggerFactory()).stop();
    }
}
