// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Downloads through the proxy in one mode after another, over some connections at a time. */
final class DemoRun implements AutoCloseable {
    /** Downloaded before the clock starts: the compiler of a JVM that has just started takes CPU time, too. */
    private static final long WARM_UP_BYTES = 1536L << 20;

    /** Nothing for so long means that nothing will come any more. */
    private static final int STALL_SECONDS = 5;

    private final long bytes;
    private final int connections;
    private final PrintStream out;
    private final DemoBackend backend = new DemoBackend();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private long nextConnection;

    DemoRun(long bytes, int connections, PrintStream out) throws IOException {
        this.bytes = bytes;
        this.connections = connections;
        this.out = out;
    }

    /**
     * What one mode did.
     *
     * @param gib what arrived as it should while the clock ran
     * @param lost bytes that did not, the warm-up's included
     * @param trouble what the client noticed
     * @param cpuSeconds what the proxy's process took for it
     * @param metrics the proxy's line of metrics
     */
    record Result(
            Mode mode, double gib, long lost, Set<String> trouble, double seconds, double cpuSeconds, String metrics) {
        double gibPerSecond() {
            return gib / seconds;
        }

        double cpuSecondsPerGib() {
            return cpuSeconds / gib;
        }
    }

    Result measure(Mode mode) throws IOException, InterruptedException, ExecutionException {
        try (DemoProxy proxy = DemoProxy.start(mode, backend.port())) {
            Downloads warmUp = download(mode + ", warming up", proxy, WARM_UP_BYTES);
            Duration cpuBefore = proxy.cpu();
            long start = System.nanoTime();
            Downloads measured = download(mode.toString(), proxy, bytes);
            double seconds = seconds(Duration.ofNanos(System.nanoTime() - start));
            double cpuSeconds = seconds(proxy.cpu().minus(cpuBefore));

            Set<String> trouble = new TreeSet<>(warmUp.trouble);
            trouble.addAll(measured.trouble);
            long lost = WARM_UP_BYTES - warmUp.verified + bytes - measured.verified;
            return new Result(mode, gib(measured.verified), lost, trouble, seconds, cpuSeconds, proxy.stop());
        }
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }

    static double gib(long bytes) {
        return bytes / (double) (1L << 30);
    }

    /** What some downloads came to, taken together. */
    private static final class Downloads {
        private final Set<String> trouble = new TreeSet<>();
        private long verified;

        void add(DemoDownload.Result result) {
            verified += result.verified();
            if (!result.trouble().isEmpty()) {
                trouble.add(result.trouble());
            }
        }
    }

    private Downloads download(String what, DemoProxy proxy, long total)
            throws IOException, InterruptedException, ExecutionException {
        List<DemoDownload> downloads = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            long share = total / connections + (i < total % connections ? 1 : 0);
            downloads.add(new DemoDownload(proxy.port(), nextConnection++, share));
        }
        List<Future<DemoDownload.Result>> results = new ArrayList<>();
        downloads.forEach(download -> results.add(threads.submit(download)));
        watch(what, downloads, results, total);

        Downloads sum = new Downloads();
        for (Future<DemoDownload.Result> result : results) {
            sum.add(result.get());
        }
        return sum;
    }

    /** Returns when all downloads have ended; ends them if they stall. */
    private void watch(String what, List<DemoDownload> downloads, List<? extends Future<?>> results, long total)
            throws IOException, InterruptedException, ExecutionException {
        long before = 0;
        int stalledSeconds = 0;
        while (!awaitSecond(results)) {
            long now = downloads.stream().mapToLong(DemoDownload::verified).sum();
            tell(what, now, total);
            stalledSeconds = now == before ? stalledSeconds + 1 : 0;
            before = now;
            if (stalledSeconds == STALL_SECONDS) {
                for (DemoDownload download : downloads) {
                    download.abandon();
                }
            }
        }
    }

    private static boolean awaitSecond(List<? extends Future<?>> results)
            throws InterruptedException, ExecutionException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
        try {
            for (Future<?> result : results) {
                result.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            }
            return true;
        } catch (TimeoutException e) {
            return false;
        }
    }

    private void tell(String what, long done, long total) {
        out.printf("  %-20s %5.2f of %.2f GiB%n", what, gib(done), gib(total));
    }

    @Override
    public void close() throws IOException {
        backend.close();
        threads.shutdown();
    }
}
