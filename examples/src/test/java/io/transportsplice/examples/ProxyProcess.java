// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongPredicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** One of the proxies as its user runs it: from the jar, in a process of its own. */
final class ProxyProcess implements AutoCloseable {
    private static final String LISTENING = "listening on ";
    private static final String METRICS = "metrics on ";
    private static final long STOP_SECONDS = 30;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final Process process;
    private final Path log;
    private final String endpoint;
    private final URI metrics;
    private final HttpClient http = HttpClient.newHttpClient();
    private boolean terminated;

    private ProxyProcess(Process process, Path log, String endpoint, String metrics) {
        this.process = process;
        this.log = log;
        this.endpoint = endpoint;
        this.metrics = URI.create("http://" + metrics + "/metrics");
    }

    /** @param options of the proxy; to listen on a free port, and metrics, are added */
    static ProxyProcess start(String proxy, String... options) throws IOException {
        return start(Map.of(), proxy, options);
    }

    /** @param environment added to that of the test */
    static ProxyProcess start(Map<String, String> environment, String proxy, String... options) throws IOException {
        // whoever runs the tests may ignore SIGHUP, as nohup(1) does, and a child inherits that
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=HUP"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-ea", "-Dio.netty.leakDetection.level=paranoid", "-XX:TieredStopAtLevel=1"));
        command.addAll(List.of("-jar", System.getProperty("proxiesJar"), proxy, "--metrics", "127.0.0.1:0"));
        List<String> given = List.of(options);
        if (!given.contains("--listen")) {
            command.addAll(List.of("--listen", "127.0.0.1:0"));
        }
        command.addAll(given);
        Path log = Files.createTempFile(proxy, ".log");
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        String endpoint = line(out, LISTENING, process, log);
        return new ProxyProcess(process, log, endpoint, line(out, METRICS, process, log));
    }

    private static String line(BufferedReader out, String start, Process process, Path log) throws IOException {
        String line = out.readLine();
        if (line == null || !line.startsWith(start)) {
            process.destroyForcibly();
            throw new IOException("proxy did not start: " + line + "; " + Files.readString(log));
        }
        return line.substring(start.length());
    }

    /** Where it listens, as text. */
    String endpoint() {
        return endpoint;
    }

    int port() {
        return Integer.parseInt(endpoint.substring(endpoint.lastIndexOf(':') + 1));
    }

    Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout((int) PATIENCE.toMillis());
        return socket;
    }

    /** All that it answers to this, up to a clean end. */
    String talk(String sent) throws IOException {
        try (Socket client = connect()) {
            WireServer.write(client, sent);
            return WireServer.rest(client);
        }
    }

    /** The page that shows its metrics. */
    String page() {
        return metrics.resolve("/").toString();
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(metrics.resolve(path)).build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    /** A sample of its metrics, by its name with labels. */
    long metric(String sample) {
        try {
            return get("/metrics")
                    .body()
                    .lines()
                    .filter(line -> line.startsWith(sample + " "))
                    .mapToLong(line -> (long) Double.parseDouble(line.substring(sample.length() + 1)))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no " + sample));
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    void awaitMetric(String sample, LongPredicate condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        for (long value = metric(sample); !condition.test(value); value = metric(sample)) {
            assertTrue(System.nanoTime() < deadline, sample + " stays " + value);
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    /**
     * All clients are gone, no pipe is in use, and the bytes went the way of the mode.
     *
     * @param mostly how many of the bytes moved so far must have been spliced, if the mode splices
     */
    void assertMovedBy(Mode mode, long mostly) {
        awaitMetric("proxy_clients", clients -> clients == 0);
        awaitMetric("splice_buffers_in_flight", buffers -> buffers == 0);
        assertEquals(0, metric("splice_pipes{state=\"used\"}"));
        long spliced = metric("splice_relayed_bytes_total{path=\"spliced\"}");
        if (mode == Mode.AUTO || mode == Mode.SPLICE) {
            assertTrue(spliced >= mostly, () -> "only " + spliced + " bytes spliced of " + mostly);
        } else {
            assertEquals(0, spliced);
        }
    }

    long pid() {
        return process.pid();
    }

    /** How many file descriptors it has open. */
    long descriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc", String.valueOf(process.pid()), "fd"))) {
            return open.count();
        }
    }

    /** Its memory that is in use by any of its parts: see proc(5). */
    long residentKib() throws IOException {
        return Files.readAllLines(Path.of("/proc", String.valueOf(process.pid()), "status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .sum();
    }

    /** What it has told on stderr so far. */
    String complaints() throws IOException {
        return Files.readString(log);
    }

    /** Until it has told this on stderr. */
    void awaitComplaint(String text) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!complaints().contains(text)) {
            assertTrue(System.nanoTime() < deadline, () -> "does not say: " + text);
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    /** SIGHUP */
    void hangUp() {
        Programs.mustSucceed(Programs.run("sh", "-c", "kill -HUP " + process.pid()));
    }

    void terminate() {
        terminated = true;
        ProcessHandle.of(process.pid()).ifPresent(ProcessHandle::destroy); // which a Process does only once
    }

    /** Sockets that listen on its port, from /proc/net/tcp and its IPv6 twin: see proc(5). */
    long listeners() throws IOException {
        Pattern listening = Pattern.compile(":%04X 0+:0000 0A ".formatted(port()));
        long count = 0;
        for (String family : List.of("tcp", "tcp6")) {
            try (Stream<String> lines = Files.lines(Path.of("/proc/net", family))) {
                count += lines.filter(listening.asPredicate()).count();
            }
        }
        return count;
    }

    void awaitNoListener() throws IOException {
        while (listeners() > 0) {
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    /** Waits until it has ended, well; tells what it has complained of. */
    String awaitEnd() throws IOException {
        try {
            assertTrue(process.waitFor(STOP_SECONDS, TimeUnit.SECONDS), "does not end");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        assertEquals(0, process.exitValue());
        return Files.readString(log);
    }

    /** Instead of {@link #close()}, for one that may complain. */
    void discard() throws IOException {
        process.destroyForcibly();
        Files.deleteIfExists(log);
    }

    /** Ends it as a user would. It must end well, and have complained of nothing but upstreams. */
    @Override
    public void close() throws IOException {
        if (!terminated) { // a second signal would end the drain
            terminate();
        }
        try {
            boolean ended = process.waitFor(STOP_SECONDS, TimeUnit.SECONDS);
            String complaints = Files.readString(log);
            assertTrue(ended, () -> "does not end: " + complaints);
            assertEquals(0, process.exitValue(), complaints);
            for (String bad : List.of("LEAK", "Exception", "did not finish")) {
                assertFalse(complaints.contains(bad), complaints);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        } finally {
            process.destroyForcibly();
            Files.delete(log);
        }
    }
}
