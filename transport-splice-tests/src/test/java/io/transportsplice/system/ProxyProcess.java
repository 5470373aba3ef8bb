// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.system;

import io.transportsplice.testing.Await;
import io.transportsplice.testing.FdCensus;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The proxy of the examples as a process of its own, started from its jar. */
final class ProxyProcess implements AutoCloseable {
    private static final String LISTENING = "listening on ";
    private static final long END_TIMEOUT_SECONDS = 30;

    private final Process process;
    private final Path errors;
    private InetSocketAddress address;

    private ProxyProcess(Process process, Path errors) {
        this.process = process;
        this.errors = errors;
    }

    static Builder to(SocketAddress backend) {
        InetSocketAddress inet = (InetSocketAddress) backend;
        return new Builder(inet.getAddress().getHostAddress() + ":" + inet.getPort());
    }

    /** How it is started. */
    static final class Builder {
        private final List<String> under = new ArrayList<>();
        private final List<String> java = new ArrayList<>();
        private final List<String> options = new ArrayList<>();
        private String listen = "127.0.0.1:0";
        private Path jar = Path.of(System.getProperty("tcpProxyJar")).toAbsolutePath();

        private Builder(String backend) {
            options.addAll(List.of("--to", backend, "--metrics-on-exit", "--drain-timeout", "1s"));
            // little work for the compiler: most of these live for seconds
            java.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
            if (Runtime.version().feature() >= 24) {
                java.add("--sun-misc-unsafe-memory-access=allow"); // jffi's: the JVM warns of it, on standard error
            }
        }

        /** Programs before it that exec it, so that its pid stays the one of what is started. */
        Builder under(String... command) {
            under.addAll(List.of(command));
            return this;
        }

        Builder java(String... jvmOptions) {
            java.addAll(List.of(jvmOptions));
            return this;
        }

        Builder with(String... proxyOptions) {
            options.addAll(List.of(proxyOptions));
            return this;
        }

        Builder listen(String hostAndPort) {
            listen = hostAndPort;
            return this;
        }

        Builder jar(Path copy) {
            jar = copy;
            return this;
        }

        ProxyProcess start() throws IOException {
            ProxyProcess proxy = launch();
            String line = new BufferedReader(
                            new InputStreamReader(proxy.process.getInputStream(), StandardCharsets.UTF_8))
                    .readLine();
            if (line == null || !line.startsWith(LISTENING)) {
                proxy.close();
                throw new AssertionError("the proxy did not start: " + line + "\n" + proxy.errors());
            }
            int colon = line.lastIndexOf(':');
            proxy.address = new InetSocketAddress(
                    line.substring(LISTENING.length(), colon), Integer.parseInt(line.substring(colon + 1)));
            return proxy;
        }

        /** Starts one that is expected to give up by itself, and returns what it said. */
        String startInVain(int exitCode) throws IOException, InterruptedException {
            try (ProxyProcess proxy = launch()) {
                proxy.awaitExit(exitCode);
                return proxy.errors();
            }
        }

        private ProxyProcess launch() throws IOException {
            List<String> command = new ArrayList<>(under);
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(java);
            command.addAll(List.of("-jar", jar.toString(), "--listen", listen));
            command.addAll(options);
            Path errors = Files.createTempFile("tcp-proxy", ".err");
            Process process =
                    new ProcessBuilder(command).redirectError(errors.toFile()).start();
            return new ProxyProcess(process, errors);
        }
    }

    InetSocketAddress address() {
        return address;
    }

    long pid() {
        return process.pid();
    }

    FdCensus fds() {
        return FdCensus.of(pid());
    }

    /** What it has written to its standard error so far. */
    String errors() {
        try {
            return Files.readString(errors);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Physical memory in use, in KiB. */
    long residentKib() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid()), "status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        throw new AssertionError("the proxy is no more: " + errors());
    }

    /** Waits until it uses next to no CPU time: a loop that spins never comes to rest. */
    void awaitRest() {
        Await.until("the proxy's CPU time in a tenth of a second, in hundredths", this::cpuTicksInATenth, t -> t <= 1);
    }

    private long cpuTicksInATenth() {
        try {
            long before = cpuTicks();
            Await.pause(100_000_000);
            return cpuTicks() - before;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** CPU time so far, of all its threads, in hundredths of a second. */
    private long cpuTicks() throws IOException {
        String stat = Files.readString(Path.of("/proc", Long.toString(pid()), "stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }

    /** Ends it as an operator would; it must end well. */
    ProxyMetrics stop() throws IOException, InterruptedException {
        process.destroy();
        awaitExit(0);
        return ProxyMetrics.parse(errors());
    }

    private void awaitExit(int exitCode) throws IOException, InterruptedException {
        if (!process.waitFor(END_TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("the proxy does not end: " + errors());
        }
        if (process.exitValue() != exitCode) {
            throw new AssertionError("the proxy exited with " + process.exitValue() + ": " + errors());
        }
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        process.getInputStream().close();
        process.getOutputStream().close();
        Files.deleteIfExists(errors);
    }
}
