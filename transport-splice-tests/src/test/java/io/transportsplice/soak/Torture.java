// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.soak;

import io.transportsplice.testing.Family;
import io.transportsplice.testing.TestRelay;
import io.transportsplice.testing.TestRelayConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Thousands of random connections through a relay, every byte of which is checked: random chunks, byte by byte, pauses,
 * slow readers with tiny buffers, half-closes in either order with the answer only after the end, ends and closes before
 * the relay is connected, servers that speak first, resets in either direction, closes right after the last byte, and
 * connections that say nothing. See {@link TortureOptions} for what it can be told.
 */
public final class Torture {
    private static final long GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    /** What still moves so long after the last start is taken for a hang, too. */
    private static final long LATE_NANOS = TimeUnit.MINUTES.toNanos(2);

    private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int SERVER_FIRST_PERCENT = 35;

    private final TortureOptions options;
    private final Ledger ledger = new Ledger();
    private final long patienceNanos;
    private final SplittableRandom random;
    private SocketAddress clientFirstProxy;
    private SocketAddress serverFirstProxy;
    private boolean dumped;

    Torture(TortureOptions options) {
        this.options = options;
        patienceNanos = TimeUnit.SECONDS.toNanos(options.patience());
        random = new SplittableRandom(options.seed());
    }

    public static void main(String[] args) throws IOException {
        TortureOptions options;
        try {
            options = TortureOptions.parse(args);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage() + "; " + TortureOptions.USAGE);
            System.exit(2);
            return;
        }
        Tally tally = new Torture(options).run();
        System.exit(tally.hasFailures() ? 1 : 0);
    }

    Tally run() throws IOException {
        System.out.println("torture: " + options);
        try (Engine engine = new Engine(options, ledger)) {
            if (options.isExternal()) {
                clientFirstProxy = loopback(options.port());
                serverFirstProxy = options.serverFirstPort() == 0 ? null : loopback(options.serverFirstPort());
                torture(engine);
            } else {
                try (TestRelay first = relay(engine.clientFirstAddress());
                        TestRelay second = relay(engine.serverFirstAddress())) {
                    clientFirstProxy = first.address();
                    serverFirstProxy = second.address();
                    torture(engine);
                    first.awaitRest();
                    second.awaitRest();
                }
            }
        }
        System.out.println("torture of " + what() + ": " + ledger);
        return ledger.tally();
    }

    private String what() {
        return options.isExternal() ? "port " + options.port() : options.mode() + (options.wrap() ? ", wrapped" : "");
    }

    private static SocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    private TestRelay relay(SocketAddress backend) {
        return new TestRelayConfig(options.mode())
                .front(Family.TCP)
                .backend(backend)
                .wrapped(options.wrap())
                .threads(options.threads())
                .connectDelayMillis(Torture::connectDelay)
                .start();
    }

    /** A third of the upstream connections take their time, so that much can happen before. */
    private static int connectDelay() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return random.nextInt(3) == 0 ? random.nextInt(1, 50) : 0;
    }

    private void torture(Engine engine) throws IOException {
        long start = System.nanoTime();
        long end = start + TimeUnit.SECONDS.toNanos(options.seconds());
        long nextProgress = start + PROGRESS_NANOS;
        while (engine.now() < end || ledger.tally().connections() < options.least()) {
            if (engine.open() < options.connections()) {
                start(engine);
            }
            engine.turn();
            if (engine.now() > nextProgress) {
                nextProgress += PROGRESS_NANOS;
                endWhatHangs(engine, patienceNanos);
                System.out.println(what() + " " + (engine.now() - start) / 1_000_000_000 + " s: " + ledger);
            }
        }
        awaitEnds(engine);
        ledger.settleHalfDone(Long.MAX_VALUE);
        ledger.settleSilent();
    }

    private void awaitEnds(Engine engine) throws IOException {
        long start = engine.now();
        long nextProgress = start + PROGRESS_NANOS;
        long quietSince = engine.patientNow();
        long lateAt = quietSince + LATE_NANOS;
        while (engine.patientNow() - quietSince < (ledger.isSettled() ? GRACE_NANOS : patienceNanos)) {
            engine.turn();
            endWhatHangs(engine, engine.patientNow() < lateAt ? patienceNanos : -1); // what has just moved, too
            if (engine.now() > nextProgress) {
                nextProgress += PROGRESS_NANOS;
                System.out.println(what() + " still open after " + (engine.now() - start) / 1_000_000_000 + " s:");
                engine.printOpen();
            }
            if (!engine.isQuiet()) {
                quietSince = engine.patientNow();
            }
        }
    }

    private void start(Engine engine) throws IOException {
        if (serverFirstProxy != null && random.nextInt(100) < SERVER_FIRST_PERCENT) {
            engine.startServerFirst(serverFirstProxy);
        } else {
            engine.startClientFirst(clientFirstProxy);
        }
    }

    private void endWhatHangs(Engine engine, long quietNanos) throws IOException {
        if (engine.endHanging(quietNanos) && !dumped) {
            dumped = true;
            Diagnosis.print();
        }
        ledger.settleHalfDone(engine.patientNow() - patienceNanos);
    }
}
