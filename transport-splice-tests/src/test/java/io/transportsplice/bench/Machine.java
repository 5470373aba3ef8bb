// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** What can be asked of the machine. It is named by its cores and its kernel, no more. */
final class Machine {

    private Machine() {}

    static String describe() throws IOException {
        String kernel = read("/proc/sys/kernel/osrelease").trim().replaceAll("[^0-9.].*", "");
        int cores = Runtime.getRuntime().availableProcessors();
        // It counts: BBR paces what it sends by timers, a burst of a spliced MiB above all.
        String congestion = read("/proc/sys/net/ipv4/tcp_congestion_control").trim();
        return cores + " cores, Linux " + kernel + ", TCP " + congestion + ", Java "
                + Runtime.version().feature();
    }

    static String link(String path) throws IOException {
        return Files.readSymbolicLink(Path.of(path)).toString();
    }

    static String read(String path) throws IOException {
        return Files.readString(Path.of(path));
    }

    /** The hard limit: every relay here raises its soft one, by itself or by its configuration. */
    static int descriptorLimit() throws IOException {
        return read("/proc/self/limits")
                .lines()
                .filter(line -> line.startsWith("Max open files"))
                .map(line -> line.replaceAll(" {2,}", "\t").split("\t", -1)[2])
                .map(limit -> limit.equals("unlimited") ? 1 << 20 : Integer.parseInt(limit))
                .findFirst()
                .orElse(1024);
    }

    /** What a core has done since the machine was started, by whomever. */
    static double busySeconds(int core) throws IOException {
        long[] ticks = read("/proc/stat")
                .lines()
                .filter(line -> line.startsWith("cpu" + core + " "))
                .flatMapToLong(line -> Arrays.stream(line.split(" +")).skip(1).mapToLong(Long::parseLong))
                .toArray();
        long idle = ticks[3] + ticks[4]; // and waiting, see proc_stat(5)
        return (Arrays.stream(ticks).limit(8).sum() - idle) / Measurement.TICKS_PER_SECOND;
    }

    /** The program of this name on the path, or empty; superusers' directories too, where some keep HAProxy and nginx. */
    static Optional<Path> find(String program) {
        String path = System.getenv().getOrDefault("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin";
        for (String directory : path.split(":", -1)) {
            Path candidate = Path.of(directory, program);
            if (!directory.isEmpty() && Files.isExecutable(candidate)) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    /** A free port below those that the kernel gives to clients: the loads open so many connections that one would meet. */
    static int freePort() throws IOException {
        for (int attempt = 0; attempt < 1_000; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(10_000, 30_000);
            try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException e) {
                // taken: the next one
            }
        }
        throw new IOException("no free port");
    }

    /**
     * Whether somebody listens on a port, as a process sees it. Without connecting: a relay would go on and connect to a
     * server that is not there.
     */
    private static boolean isListening(long pid, int port) throws IOException {
        String suffix = String.format(":%04X", port);
        String sockets = read("/proc/" + pid + "/net/tcp") + readIfThere("/proc/" + pid + "/net/tcp6");
        return sockets.lines().anyMatch(line -> {
            String[] fields = line.trim().split(" +", 5);
            return fields.length == 5 && fields[1].endsWith(suffix) && fields[3].equals("0A");
        });
    }

    /** Waits until it listens; in vain if it ends before, or takes too long. */
    static boolean awaitListening(Process process, int port, int seconds) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (!isListeningIfThere(process.pid(), port)) {
            if (process.waitFor(20, TimeUnit.MILLISECONDS) || System.nanoTime() > end) {
                return false;
            }
        }
        return true;
    }

    private static boolean isListeningIfThere(long pid, int port) {
        try {
            return isListening(pid, port);
        } catch (IOException e) {
            return false; // it has ended, which the caller will see
        }
    }

    private static String readIfThere(String path) throws IOException {
        return Files.exists(Path.of(path)) ? read(path) : "";
    }
}
