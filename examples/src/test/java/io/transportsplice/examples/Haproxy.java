package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/** An HAProxy that passes HTTP on to one server, as its users would have it. */
final class Haproxy implements AutoCloseable {
    private static final int ATTEMPTS = 5;
    private static final long POLL_NANOS = 20_000_000;

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
            while (process.isAlive()) {
                try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                    return new Haproxy(process, socket.getPort());
                } catch (IOException e) {
                    LockSupport.parkNanos(POLL_NANOS); // not yet
                }
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
