// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The limits of the test's own process. */
final class Limits {
    private static final String OPEN_FILES = "Max open files";

    private Limits() {}

    /** HotSpot raises its soft limit to the hard one, so this is what can be had. */
    static long maxOpenFiles() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/limits"))) {
            if (line.startsWith(OPEN_FILES)) {
                return Long.parseLong(line.substring(OPEN_FILES.length()).trim().split("\\s+", 2)[0]);
            }
        }
        throw new AssertionError("no limit of open files");
    }
}
