// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Hears what Netty only logs: what the listener of a future throws, and failed assertions. */
final class ModelLog extends Handler {
    private static final Logger NETTY = Logger.getLogger("io.netty"); // kept, or its handlers would be lost
    private static final String PROMISE = "io.netty.util.concurrent.DefaultPromise";

    private final ModelViolations violations;

    private ModelLog(ModelViolations violations) {
        this.violations = violations;
    }

    static ModelLog heardBy(ModelViolations violations) {
        ModelLog log = new ModelLog(violations);
        NETTY.addHandler(log);
        return log;
    }

    @Override
    public void publish(LogRecord said) {
        Throwable thrown = said.getThrown();
        boolean byListener =
                PROMISE.equals(said.getLoggerName()) && said.getMessage().contains("listener");
        if (thrown instanceof AssertionError || (byListener && thrown instanceof RuntimeException)) {
            violations.add(thrown);
        }
    }

    @Override
    public void flush() {
        // nothing is kept back
    }

    @Override
    public void close() {
        NETTY.removeHandler(this);
    }
}
