// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;

/** One proxy of the soak, as a process, with its clients and its servers. */
final class SoakProxy implements AutoCloseable {
    /** No byte for so long, or no end of a connection for twice as long, and it is said to hang. */
    private static final int PATIENCE_MILLIS = 60_000;

    private final SoakKind kind;
    private final SSLContext tls;
    private final AtomicLong ids;
    private final ExecutorService threads;
    private final SoakTally tally;
    private final SoakServer server;
    private final Path options;
    private final ProxyProcess proxy;
    private int reloads;
    private long idleDescriptors;

    SoakProxy(SoakKind kind, Path directory, SSLContext tls, AtomicLong ids, ExecutorService threads)
            throws IOException {
        this.kind = kind;
        this.tls = tls;
        this.ids = ids;
        this.threads = threads;
        tally = new SoakTally(kind.program());
        server = new SoakServer(kind, tls, tally, threads, PATIENCE_MILLIS);
        options = directory.resolve(kind.program());
        writeOptions();
        proxy = ProxyProcess.start(kind.program(), Programs.join(kind.checks(), "@" + options));
    }

    private void writeOptions() throws IOException {
        Files.writeString(options, kind.options(reloads, server.ports()));
    }

    SoakTally tally() {
        return tally;
    }

    /** From now on it is to relay to the other port of its server. */
    void reload() throws IOException {
        reloads++;
        writeOptions();
        proxy.hangUp();
    }

    /** One client after the other, until it is time to end. */
    void run(long endNanos) {
        Socket kept = null;
        while (System.nanoTime() - endNanos < 0) {
            SoakPlan plan = kind.plan(ids.getAndIncrement());
            kept = one(plan, kept);
        }
        close(kept);
    }

    /** @return a connection of HTTP that another request may come on; {@code null} if there is none */
    private Socket one(SoakPlan plan, Socket kept) {
        Socket socket = kept;
        Future<SoakVerdict> atServer = server.expect(plan.id());
        SoakVerdict verdict = SoakVerdict.LOST;
        try {
            if (socket == null) {
                int port = server.ports().get((int) (plan.id() % 2));
                socket = kind.connect(proxy.port(), port, plan.isSlow(true), PATIENCE_MILLIS);
            }
            SoakWire wire = kind.client(socket, plan, tls);
            Future<SoakVerdict> atClient = threads.submit(() -> new SoakEnd(plan, true, wire, tally, threads).play());
            verdict = await(atClient);
            if (!verdict.isFault()) { // else the server may wait for it
                verdict = verdict.and(await(atServer));
            }
        } catch (TimeoutException e) {
            verdict = SoakVerdict.HUNG;
            tally.explain("not ended: " + plan);
        } catch (IOException e) {
            tally.explain("not begun: " + plan + ": " + e);
        }
        tally.count(verdict);
        server.forget(plan.id());
        if (kind == SoakKind.REVERSE && verdict == SoakVerdict.OK && plan.id() % 4 > 0) {
            return socket;
        }
        close(socket);
        return null;
    }

    private static SoakVerdict await(Future<SoakVerdict> end) throws TimeoutException {
        try {
            return end.get(2 * PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void close(Socket socket) {
        try {
            if (socket != null) {
                socket.close();
            }
        } catch (IOException e) {
            // it is gone, then
        }
    }

    /** Waits until it has nothing to do: no client, no connection to a server, no pipe in use. */
    void awaitIdle() {
        for (String what : new String[] {"proxy_clients", "splice_buffers_in_flight", "splice_pipes{state=\"used\"}"}) {
            proxy.awaitMetric(what, value -> value == 0);
        }
    }

    /** What is open now is what it may have open when it is idle again. */
    void markIdle() throws IOException {
        awaitIdle();
        idleDescriptors = descriptors();
    }

    /** But for the pipes that wait for more to do. */
    private long descriptors() throws IOException {
        return proxy.descriptors() - 2 * proxy.metric("splice_pipes{state=\"pooled\"}");
    }

    /** @throws AssertionError if something is left over, or it did not do as it was told */
    void assertIdle() throws IOException {
        awaitIdle();
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        long descriptors = descriptors();
        while (descriptors > idleDescriptors
                && System.nanoTime() - deadline < 0) { // a check of an upstream has one, too
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            descriptors = descriptors();
        }
        System.out.printf(
                "%-18s idle again: %d descriptors (%d before), %d pipes pooled, %d opened, %d MiB spliced%n",
                kind.program(),
                descriptors,
                idleDescriptors,
                proxy.metric("splice_pipes{state=\"pooled\"}"),
                proxy.metric("splice_pipes_opened_total"),
                proxy.metric("splice_relayed_bytes_total{path=\"spliced\"}") >> 20);
        if (descriptors > idleDescriptors) {
            throw new AssertionError(kind.program() + " has kept descriptors");
        }
        long read = proxy.complaints()
                .lines()
                .filter(line -> line.contains("has read its options again"))
                .count();
        if (read == 0 || proxy.complaints().contains("goes on as before")) {
            throw new AssertionError(kind.program() + " has not reloaded: " + proxy.complaints());
        }
    }

    @Override
    public void close() throws IOException {
        try (server) {
            proxy.close();
        }
    }
}
