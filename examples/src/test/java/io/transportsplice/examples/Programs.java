// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** The real programs that tests put around a proxy. */
final class Programs {
    private static final long TIMEOUT_SECONDS = 60;
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private Programs() {}

    /** What a program said and how it ended. */
    record Ended(int exitCode, String out) {}

    /** Skips the test, loudly, if a program is not installed; where {@code CI=true} that is a failure. */
    static void require(String... names) {
        List<String> missing =
                Stream.of(names).filter(name -> find(name) == null).toList();
        if (missing.isEmpty()) {
            return;
        }
        String message = "not installed: " + String.join(", ", missing);
        if ("true".equals(System.getenv("CI"))) {
            fail(message);
        }
        System.err.println("SKIPPED, " + message);
        Assumptions.abort(message);
    }

    /** Servers are installed where a user's PATH may not look. */
    private static Path find(String name) {
        List<String> path = new ArrayList<>(Arrays.asList(System.getenv("PATH").split(":", -1)));
        path.addAll(List.of("/usr/local/sbin", "/usr/sbin", "/sbin"));
        return path.stream()
                .map(directory -> Path.of(directory, name))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
    }

    static Process start(Path log, String... command) throws IOException {
        List<String> full = new ArrayList<>(Arrays.asList(command));
        full.set(0, find(command[0]).toString());
        ProcessBuilder builder =
                new ProcessBuilder(full).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment()
                .keySet()
                .removeIf(name -> name.toLowerCase(Locale.ROOT).endsWith("_proxy"));
        return builder.start();
    }

    /** Waits until a server accepts connections. Returns whether it does; else it has ended. */
    static boolean awaitAccepting(Process server, int port) {
        while (!accepts(port)) {
            if (!server.isAlive()) {
                return false;
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        return server.isAlive(); // else it was somebody else who accepted
    }

    private static boolean accepts(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false; // not yet
        }
    }

    /** Runs a program to its end, with its two outputs in one. */
    static Ended run(String... command) {
        return filter("", command);
    }

    /** The same, for one that reads something. */
    static Ended filter(String input, String... command) {
        try {
            Path log = Files.createTempFile("program", ".log");
            Process process = start(log, command);
            try {
                try (OutputStream in = process.getOutputStream()) {
                    in.write(input.getBytes(StandardCharsets.UTF_8));
                }
                assertTrue(process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS), () -> "hangs: " + List.of(command));
                return new Ended(process.exitValue(), Files.readString(log, StandardCharsets.ISO_8859_1));
            } finally {
                process.destroyForcibly();
                Files.delete(log);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    static Ended curl(String... options) {
        return run(join(new String[] {"curl", "-sS", "--max-time", "50"}, options));
    }

    static String[] join(String[] some, String... more) {
        return Stream.of(some, more).flatMap(Stream::of).toArray(String[]::new);
    }

    static void mustSucceed(Ended ended) {
        assertTrue(ended.exitCode == 0, ended::toString);
    }

    /** A file whose bytes do not repeat, so that no piece of it can stand in for another. */
    static Path randomFile(Path path, int size) throws IOException {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return Files.write(path, bytes);
    }

    /** A port that nobody listens on. */
    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 0, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
