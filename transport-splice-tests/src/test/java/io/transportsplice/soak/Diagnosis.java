// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.soak;

import io.transportsplice.testing.FdCensus;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** What this process and its sockets are doing, for whoever is to find out why something hangs. */
final class Diagnosis {
    private static final Path SELF = Path.of("/proc/self");

    private Diagnosis() {}

    /** Threads; descriptors; what each epoll watches for; queues and timers of connections as proc(5) has them. */
    static void print() throws IOException {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        Thread.getAllStackTraces().forEach((thread, stack) -> {
            long cpuMillis = threads.getThreadCpuTime(thread.getId()) / 1_000_000;
            System.out.println(thread + " " + thread.getState() + ", CPU so far " + cpuMillis + " ms");
            Arrays.stream(stack).forEach(frame -> System.out.println("\tat " + frame));
        });
        for (Map.Entry<Integer, String> descriptor : FdCensus.targets().entrySet()) {
            System.out.println(descriptor.getKey() + " " + descriptor.getValue());
            if (descriptor.getValue().equals("anon_inode:[eventpoll]")) {
                Files.readAllLines(SELF.resolve("fdinfo/" + descriptor.getKey()))
                        .forEach(System.out::println);
            }
        }
        for (String table : List.of("tcp", "tcp6")) {
            Files.readAllLines(SELF.resolve("net").resolve(table)).forEach(System.out::println);
        }
    }
}
