// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A process that has ended, and all that it said. */
public record Ended(int exitCode, String output) {
    private static final Duration OF_TESTS = Duration.ofMinutes(10); // whose classes run in one, on a busy machine

    public static Ended of(Path directory, List<String> command) throws IOException, InterruptedException {
        return within(OF_TESTS, directory, command);
    }

    /** Runs a program, which gets no input. One that does not end within the bound is killed, and fails the test. */
    public static Ended within(Duration bound, Path directory, List<String> command)
            throws IOException, InterruptedException {
        Path output = Files.createTempFile("ended", ".out");
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            process.getOutputStream().close();
            if (!process.waitFor(bound.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError(
                        String.join(" ", command) + " does not end; so far it said: " + Files.readString(output));
            }
            return new Ended(process.exitValue(), Files.readString(output));
        } finally {
            process.destroyForcibly();
            Files.delete(output);
        }
    }

    /** What it said; it must have succeeded. */
    public String succeeded() {
        assertEquals(0, exitCode, output);
        return output;
    }

    /** What it said; it must have ended with an exception. */
    public String failed() {
        assertEquals(1, exitCode, output);
        return output;
    }
}
