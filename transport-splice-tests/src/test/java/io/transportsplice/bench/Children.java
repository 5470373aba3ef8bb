// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** The processes that were started here. They end with this one, however it ends short of a SIGKILL. */
final class Children {

    private static final Set<Process> ALL = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(Children::destroyAll, "children"));
    }

    private Children() {}

    static Process start(ProcessBuilder builder) throws IOException {
        Process process = builder.start();
        ALL.add(process);
        process.onExit().thenRun(() -> ALL.remove(process));
        return process;
    }

    /** Asks it to end, and sees to it if it does not. */
    static void end(Process process, int patienceSeconds) {
        process.destroy();
        try {
            if (!process.waitFor(patienceSeconds, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private static void destroyAll() {
        ALL.forEach(Process::destroyForcibly);
    }
}
