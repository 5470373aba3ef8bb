// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A process that has ended, and all that it said. */
record Ended(int exitCode, String output) {
    private static final long TIMEOUT_SECONDS = 600; // of the test classes that run in one, on a busy machine

    static Ended of(Path directory, List<String> command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("ended", ".out");
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertTrue(process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS), () -> "still running: " + command);
            return new Ended(process.exitValue(), Files.readString(output));
        } finally {
            process.destroyForcibly();
            Files.delete(output);
        }
    }

    /** What it said; it must have succeeded. */
    String succeeded() {
        assertEquals(0, exitCode, output);
        return output;
    }

    /** What it said; it must have ended with an exception. */
    String failed() {
        assertEquals(1, exitCode, output);
        return output;
    }
}
