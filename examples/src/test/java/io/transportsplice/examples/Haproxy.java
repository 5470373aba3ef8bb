// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** An HAProxy that passes HTTP on to one server, as its users would have it. */
final class Haproxy implements AutoCloseable {
    private static final int ATTEMPTS = 5;

    private final Process process;
    private final int port;

    private Haproxy(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    static Haproxy start(Path directory, String server) throws IOException {
        for (int attempt = 1; ; attempt++) { // somebody else may take the port before it does
            int port = Programs.freePort();
            Path config = Files.writeString(directory.resolve("haproxy.cfg"), """
                defaults
                    mode http
                    timeout connect 5s
                    timeout client 30s
                    timeout server 30s
                    option forwardfor
                    retries 0
                frontend f
                    bind 127.0.0.1:%d
                    default_backend b
                backend b
                    server s %s
                """.formatted(port, server));
            Path log = directory.resolve("haproxy.log");
            Process process = Programs.start(log, "haproxy", "-db", "-f", config.toString());
            if (Programs.awaitAccepting(process, port)) {
                return new Haproxy(process, port);
            }
            assertTrue(attempt < ATTEMPTS, "haproxy does not start: " + Files.readString(log));
        }
    }

    int port() {
        return port;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
