// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.soak;

import io.transportsplice.testing.Mode;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * What a run of {@link Torture} is to do.
 *
 * @param mode how the relay in this process relays
 * @param wrap whether its channels are adopted when they register
 * @param patience for how many seconds a connection may not move before it is said to hang
 * @param seconds for how long connections are started
 * @param least how many must have ended before it ends, however long that takes
 * @param connections how many are open at a time
 * @param most how many bytes an end sends at most: short streams make many connections
 * @param threads the relay's event loops
 * @param seed everything random follows from it, but for the timing
 * @param port an external proxy that stands before {@code backendPort}; 0 for the relay in this process
 * @param backendPort where the servers listen, of connections whose client speaks first
 * @param serverFirstPort an external proxy that stands before {@code serverFirstBackendPort}; 0 if there is none
 * @param serverFirstBackendPort where the servers listen that speak first
 */
record TortureOptions(
        Mode mode,
        boolean wrap,
        int patience,
        int seconds,
        int least,
        int connections,
        int most,
        int threads,
        long seed,
        int port,
        int backendPort,
        int serverFirstPort,
        int serverFirstBackendPort) {

    private static final int PATIENCE = 20;
    private static final int LEAST = 51;
    private static final int CONNECTIONS = 150;
    private static final int MOST = 8_000_000;

    static final String USAGE =
            "options, as arguments or as -Dtorture.NAME=VALUE: mode=auto|splice|copy|plain|stock wrap=false patience=20"
                    + " seconds=60 connections=150 most=8000000 threads=1 seed=random; for an external proxy: port backendPort"
                    + " serverFirstPort serverFirstBackendPort";

    static TortureOptions of(Mode mode, boolean wrap, int seconds, int threads, long seed) {
        return new TortureOptions(mode, wrap, PATIENCE, seconds, LEAST, CONNECTIONS, MOST, threads, seed, 0, 0, 0, 0);
    }

    static TortureOptions parse(String... args) {
        Map<String, String> values = new HashMap<>();
        for (String arg : args) {
            int equals = arg.indexOf('=');
            if (equals < 0) {
                throw new IllegalArgumentException(arg);
            }
            values.put(arg.substring(0, equals), arg.substring(equals + 1));
        }
        return new TortureOptions(
                Mode.valueOf(value(values, "mode", "auto").toUpperCase(Locale.ROOT)),
                Boolean.parseBoolean(value(values, "wrap", "false")),
                number(values, "patience", PATIENCE),
                number(values, "seconds", 60),
                0,
                number(values, "connections", CONNECTIONS),
                number(values, "most", MOST),
                number(values, "threads", 1),
                Long.parseLong(value(
                        values,
                        "seed",
                        Long.toString(ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE)))),
                number(values, "port", 0),
                number(values, "backendPort", 0),
                number(values, "serverFirstPort", 0),
                number(values, "serverFirstBackendPort", 0));
    }

    private static int number(Map<String, String> values, String name, int otherwise) {
        return Integer.parseInt(value(values, name, Integer.toString(otherwise)));
    }

    private static String value(Map<String, String> values, String name, String otherwise) {
        return values.getOrDefault(name, System.getProperty("torture." + name, otherwise));
    }

    boolean isExternal() {
        return port != 0;
    }
}
