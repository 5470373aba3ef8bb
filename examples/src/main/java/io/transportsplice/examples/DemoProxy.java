// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A proxy in a JVM of its own, so that the CPU time it takes can be told from everybody else's. */
record DemoProxy(Process process, Path log, int port) implements AutoCloseable {
    private static final String READY = "listening on 127.0.0.1:";
    private static final long STOP_SECONDS = 10;
    private static final int JAVA_THAT_ASKS_FOR_NATIVE_ACCESS = 24;

    static DemoProxy start(Mode mode, int backendPort) throws IOException {
        Path log = Files.createTempFile("tcp-proxy-" + mode, ".log");
        Process process = new ProcessBuilder(command(mode, backendPort))
                .redirectError(log.toFile())
                .start();
        // a demo that is interrupted leaves no proxies behind
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        String line = out.readLine();
        if (line == null || !line.startsWith(READY)) {
            process.destroyForcibly();
            throw new IOException("proxy did not start: " + Files.readString(log));
        }
        return new DemoProxy(process, log, Integer.parseInt(line.substring(READY.length())));
    }

    private static List<String> command(Mode mode, int backendPort) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (Runtime.version().feature() >= JAVA_THAT_ASKS_FOR_NATIVE_ACCESS) {
            command.add("--enable-native-access=ALL-UNNAMED");
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        command.addAll(List.of("-cp", classPath(), TcpProxy.class.getName()));
        command.addAll(List.of("--listen", "127.0.0.1:0", "--to", "127.0.0.1:" + backendPort));
        command.addAll(List.of("--mode", mode.toString(), "--drain-timeout", "2s", "--metrics-on-exit"));
        return command;
    }

    /** The class path of this JVM, unless these classes came another way: then the shaded jar that was built of them. */
    private static String classPath() {
        String classPath = System.getProperty("java.class.path");
        Path here = Path.of(TcpProxy.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath());
        boolean complete = Stream.of(classPath.split(File.pathSeparator, -1))
                .anyMatch(entry -> Path.of(entry).toAbsolutePath().equals(here));
        return complete ? classPath : here.resolveSibling("tcp-proxy.jar").toString();
    }

    /** What the process has taken so far, all threads, user and system. */
    Duration cpu() {
        return process.info().totalCpuDuration().orElseThrow();
    }

    /** Ends the proxy as a user would, and returns its line of metrics. */
    String stop() throws IOException, InterruptedException {
        process.destroy();
        if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IOException("proxy did not end well: " + Files.readString(log));
        }
        try (var lines = Files.lines(log)) {
            return lines.filter(MetricsLine::isMetrics).findFirst().orElseThrow();
        }
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        Files.deleteIfExists(log);
    }
}
