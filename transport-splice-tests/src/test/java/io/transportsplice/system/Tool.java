// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.system;

import io.transportsplice.testing.Ended;
import io.transportsplice.testing.Skip;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Programs that a test needs. A test without its program is skipped, loudly; on CI, where all are installed, it fails. */
final class Tool {
    private static final Duration BOUND = Duration.ofSeconds(20);
    private static final String PATH =
            System.getenv().getOrDefault("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin";

    private Tool() {}

    /** Where a program is, also one that only root's PATH has. */
    static String require(String program) {
        for (String directory : PATH.split(File.pathSeparator, -1)) {
            Path path = Path.of(directory, program);
            if (Files.isExecutable(path)) {
                return path.toString();
            }
        }
        skip(program + " is not installed", true);
        throw new AssertionError("unreachable");
    }

    static void requireRoot() throws IOException {
        if ((int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") != 0) {
            skipForLackOf("root for this test");
        }
    }

    /** What this machine cannot do, whatever is installed on it, does not fail on CI either. */
    static void skipForLackOf(String feature) {
        skip("this machine has no " + feature, false);
    }

    private static void skip(String why, boolean failsOnCi) {
        if (failsOnCi && Boolean.parseBoolean(System.getenv("CI"))) {
            throw new AssertionError("on CI nothing may be skipped: " + why);
        }
        Skip.because(why);
    }

    /** Compiles a C program of the resources, or takes it from the folder that {@code -Dprograms} names. */
    static Path build(String name, Path directory) throws IOException, InterruptedException {
        String built = System.getProperty("programs");
        if (built != null) {
            return Path.of(built, name);
        }
        Path source = directory.resolve(name + ".c");
        for (String file : new String[] {source.getFileName().toString(), "connection_end.h"}) {
            try (InputStream in = Tool.class.getResourceAsStream("/bench/" + file)) {
                Files.copy(in, directory.resolve(file));
            }
        }
        Path program = directory.resolve(name);
        run(require("cc"), "-O2", "-o", program.toString(), source.toString());
        return program;
    }

    /** Runs a program to its end, which must be success, and returns what it said. */
    static String run(String... command) throws IOException, InterruptedException {
        Ended outcome = outcome(command);
        if (outcome.exitCode() != 0) {
            throw new AssertionError(String.join(" ", command) + " failed: " + outcome.output());
        }
        return outcome.output();
    }

    /** Whether a program succeeds, where that depends on what this machine allows. */
    static boolean succeeds(String... command) throws IOException, InterruptedException {
        return outcome(command).exitCode() == 0;
    }

    private static Ended outcome(String... command) throws IOException, InterruptedException {
        return Ended.within(BOUND, Path.of("."), List.of(command));
    }
}
