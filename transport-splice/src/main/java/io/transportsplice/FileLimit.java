// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Below which number descriptors are ({@code RLIMIT_NOFILE}), as proc(5) tells: the kernel gives the lowest that is free. */
final class FileLimit {

    private static final InternalLogger logger = InternalLoggerFactory.getInstance(FileLimit.class);

    private static final Pattern SOFT = Pattern.compile("Max open files +(\\d+) "); // or unlimited

    /** At the start: later changes are not noticed. */
    static final int AT_START = read();

    private FileLimit() {}

    private static int read() {
        try {
            return softLimit(Files.readAllLines(Path.of("/proc/self/limits")));
        } catch (IOException | RuntimeException e) {
            logger.debug("RLIMIT_NOFILE is not known", e);
            return Integer.MAX_VALUE;
        }
    }

    static int softLimit(List<String> limits) {
        for (String line : limits) {
            Matcher soft = SOFT.matcher(line);
            if (soft.lookingAt()) {
                return (int) Math.min(Long.parseLong(soft.group(1)), Integer.MAX_VALUE);
            }
        }
        return Integer.MAX_VALUE;
    }
}
