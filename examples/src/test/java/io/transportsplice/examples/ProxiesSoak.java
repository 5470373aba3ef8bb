// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;

/**
 * All five proxies at once, as processes, each with clients of its own kind: streams of random sizes, both ways, half-closes,
 * resets, slow readers, and a SIGHUP every few seconds, with every byte checked; and nothing may be left in the proxies. Told
 * by {@code -Dsoak.seconds} (600), {@code -Dsoak.clients} of each proxy at a time (6) and {@code -Dsoak.seed}.
 */
public final class ProxiesSoak {
    private static final int SECONDS = Integer.getInteger("soak.seconds", 600);
    private static final int CLIENTS = Integer.getInteger("soak.clients", 6);
    /** What is opened or loaded once is, by then. */
    private static final int WARM_UP_SECONDS = 10;

    private static final int RELOAD_SECONDS = 5;

    private final ExecutorService threads = Executors.newCachedThreadPool(new DefaultThreadFactory("soak", true));
    private final List<SoakProxy> proxies = new ArrayList<>();

    private ProxiesSoak() {}

    public static void main(String[] args) throws Exception {
        long seed = Long.getLong("soak.seed", new SplittableRandom().nextInt(Integer.MAX_VALUE));
        System.out.println("soak of all proxies for " + SECONDS + " s with -Dsoak.seed=" + seed);
        Path directory = Files.createTempDirectory("soak");
        SSLContext tls = Certificates.ofBothEnds(directory, SoakKind.NAME);
        AtomicLong ids = new AtomicLong(seed << 24);
        boolean isGood = new ProxiesSoak().run(directory, tls, ids);
        System.out.println(isGood ? "soak: all is well" : "soak: something is wrong");
        System.exit(isGood ? 0 : 1);
    }

    private boolean run(Path directory, SSLContext tls, AtomicLong ids) throws Exception {
        try {
            for (SoakKind kind : SoakKind.values()) {
                proxies.add(new SoakProxy(kind, directory, tls, ids, threads));
            }
            return run();
        } finally {
            for (SoakProxy proxy : proxies) {
                proxy.close();
            }
        }
    }

    private boolean run() throws Exception {
        soak(WARM_UP_SECONDS);
        for (SoakProxy proxy : proxies) {
            proxy.markIdle();
        }
        soak(SECONDS);
        tell();
        boolean isGood = true;
        for (SoakProxy proxy : proxies) {
            isGood &= proxy.tally().isGood();
            proxy.assertIdle();
        }
        return isGood;
    }

    /** With a reload of each proxy now and then, and until the last connection has ended. */
    private void soak(int seconds) throws IOException, InterruptedException, ExecutionException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        List<Future<?>> clients = new ArrayList<>();
        for (SoakProxy proxy : proxies) {
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(threads.submit(() -> proxy.run(end)));
            }
        }
        for (int turn = 0; System.nanoTime() - end < 0; turn++) {
            TimeUnit.SECONDS.sleep(Math.min(RELOAD_SECONDS, seconds));
            for (SoakProxy proxy : proxies) {
                proxy.reload();
            }
            if (turn % 6 == 0) {
                tell();
            }
        }
        for (Future<?> client : clients) {
            client.get();
        }
    }

    private void tell() {
        System.out.println(SoakTally.HEAD);
        proxies.forEach(proxy -> System.out.println(proxy.tally()));
    }
}
