// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A running relay, alone on its core. */
final class RelayProcess implements AutoCloseable {

    private static final int START_SECONDS = 20;
    private static final int END_SECONDS = 30; // a JVM may write an archive
    private static final Pattern HEAP_USED = Pattern.compile("total \\d+K, used (\\d+)K");

    private final Relay relay;
    private final Place place;
    private final Route route;
    private final Path log;
    private final Process process;

    private RelayProcess(Relay relay, Place place, Route route, Path log, Process process) {
        this.relay = relay;
        this.place = place;
        this.route = route;
        this.log = log;
        this.process = process;
    }

    /** Starts it and waits until it listens. */
    static RelayProcess start(Relay relay, Place place, int core, Path log) throws IOException, InterruptedException {
        Route route = place.newRoute();
        List<String> line = place.relayLine(core, relay.command().line(route));
        ProcessBuilder builder =
                new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(log.toFile());
        RelayProcess started = new RelayProcess(relay, place, route, log, Children.start(builder));
        started.awaitListening();
        return started;
    }

    private void awaitListening() throws IOException, InterruptedException {
        if (!Machine.awaitListening(process, route.listenPort(), START_SECONDS)) {
            close();
            throw new IOException(relay.name() + " does not listen: " + String.join(" / ", said()));
        }
    }

    Relay relay() {
        return relay;
    }

    Place place() {
        return place;
    }

    Route route() {
        return route;
    }

    long pid() {
        return process.pid(); // nsenter and taskset have become the relay
    }

    int descriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/" + pid() + "/fd"))) {
            return (int) open.count();
        }
    }

    /** Of all its threads since it was started, to the tick. */
    double cpuSeconds() throws IOException {
        String stat = Machine.read("/proc/" + pid() + "/stat");
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / Measurement.TICKS_PER_SECOND;
    }

    long residentBytes() throws IOException {
        return Machine.read("/proc/" + pid() + "/status")
                        .lines()
                        .filter(line -> line.startsWith("VmRSS:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                        .sum()
                * 1024;
    }

    /** What is alive on the heap, after a full collection; 0 if it is no JVM. */
    long heapBytes() throws IOException, InterruptedException {
        if (!relay.isJvm()) {
            return 0;
        }
        jcmd("GC.run");
        Matcher used = HEAP_USED.matcher(jcmd("GC.heap_info"));
        return used.results().mapToLong(match -> Long.parseLong(match.group(1))).sum() * 1024;
    }

    private String jcmd(String command) throws IOException, InterruptedException {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        Process asked =
                Children.start(new ProcessBuilder(jcmd, String.valueOf(pid()), command).redirectErrorStream(true));
        String answer = String.join("\n", asked.inputReader().lines().toList());
        asked.waitFor();
        return answer;
    }

    /** Its last words, counters included. */
    List<String> said() throws IOException {
        return Files.exists(log)
                ? Files.readAllLines(log).stream()
                        .filter(line -> !line.startsWith("listening on"))
                        .toList()
                : List.of();
    }

    @Override
    public void close() {
        Children.end(process, END_SECONDS);
    }
}
