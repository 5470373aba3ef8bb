// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.PreInterruptCallback;
import org.junit.jupiter.api.extension.PreInterruptContext;

/**
 * Tells what JUnit's own dump of threads does not, of a test that hangs: where its processes are, and its connections.
 * {@code META-INF/services} names it.
 */
public final class HangReport implements PreInterruptCallback {
    private static final Duration BOUND = Duration.ofSeconds(10);

    @Override
    public void beforeThreadInterrupt(PreInterruptContext test, ExtensionContext context) throws Exception {
        StringBuilder report = new StringBuilder("What hangs in " + context.getDisplayName() + ":\n");
        for (ProcessHandle process : ProcessHandle.current().descendants().toList()) {
            report.append(process.pid()).append(' ').append(process.info()).append('\n');
            appendTasks(process.pid(), report);
        }
        append(report, "ss", "-tanpmieo");
        for (ProcessHandle process : ProcessHandle.current().descendants().toList()) {
            if (process.info().command().orElse("").endsWith("/java")) {
                String jcmd =
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
                append(report, jcmd, Long.toString(process.pid()), "Thread.print");
            }
        }
        System.err.println(report);
    }

    /** Whether a thread runs, sleeps or is stopped, and in which call of the kernel: see proc(5). */
    private static void appendTasks(long pid, StringBuilder report) {
        try (Stream<Path> tasks = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
            for (Path task : tasks.toList()) {
                String stat = Files.readString(task.resolve("stat"));
                int afterName = stat.lastIndexOf(')') + 1;
                report.append("  ").append(stat, 0, afterName + 2);
                for (String file : List.of("wchan", "syscall")) {
                    report.append(' ')
                            .append(Files.readString(task.resolve(file)).strip());
                }
                report.append('\n');
            }
        } catch (IOException e) {
            report.append("  ").append(e).append('\n'); // it has just ended
        }
    }

    private static void append(StringBuilder report, String... command) throws InterruptedException {
        report.append(String.join(" ", command)).append(":\n");
        try {
            report.append(Ended.within(BOUND, Path.of("."), List.of(command)).output());
        } catch (IOException | AssertionError e) { // no such program, or it hangs, too
            report.append(e).append('\n');
        }
    }
}
