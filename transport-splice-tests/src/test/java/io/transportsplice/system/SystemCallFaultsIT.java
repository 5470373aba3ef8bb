// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.system;

import static io.transportsplice.system.ProxyRig.KIB;
import static io.transportsplice.system.ProxyRig.MIB;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.SpliceFallback;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import io.transportsplice.testing.Rig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The proxy's system calls fail, by strace(1), which counts calls for each thread by itself. The library's probe at the
 * start, on the main thread, makes one call of splice and two of pipe2: {@code when=3} and later spares it.
 */
@Timeout(90)
class SystemCallFaultsIT {
    private static final int BYTES = 12 * MIB;

    @TempDir
    private Path dir;

    /** What the kernel may do to a stream without ending it. */
    enum Survivable {
        FALSE_ALARM("splice:error=EAGAIN:when=3+3"),
        SIGNAL("splice:error=EINTR:when=3+2"),
        UNSUPPORTED_ONCE("splice:error=EINVAL:when=20"),
        UNSUPPORTED("splice:error=EINVAL:when=5+7"),
        NO_MEMORY("splice:error=ENOMEM:when=5+7"),
        NO_DESCRIPTOR("pipe2:error=EMFILE:when=3+"),
        NO_FILE("pipe2:error=ENFILE:when=3+2"),
        SMALL_PIPES("fcntl:error=EPERM:when=2+2"),
        SLOW_KERNEL("splice:delay_enter=3ms:when=3+5");

        private final String inject;

        Survivable(String inject) {
            this.inject = inject;
        }

        /** What each injection is to be counted as; nothing where it is not even to be noticed. */
        SpliceFallback[] counted() {
            return switch (this) {
                case UNSUPPORTED_ONCE, UNSUPPORTED ->
                    new SpliceFallback[] {SpliceFallback.FILL_UNSUPPORTED, SpliceFallback.DRAIN_UNSUPPORTED};
                case NO_MEMORY ->
                    new SpliceFallback[] {SpliceFallback.FILL_OUT_OF_MEMORY, SpliceFallback.DRAIN_UNSUPPORTED};
                case NO_DESCRIPTOR, NO_FILE -> new SpliceFallback[] {SpliceFallback.NO_PIPE};
                case FALSE_ALARM, SIGNAL, SMALL_PIPES, SLOW_KERNEL -> new SpliceFallback[0];
            };
        }

        /** A sink that cannot be drained into looks at what comes, and copies it. */
        SpliceFallback[] allowed() {
            return switch (this) {
                case UNSUPPORTED_ONCE, UNSUPPORTED ->
                    new SpliceFallback[] {
                        SpliceFallback.FILL_UNSUPPORTED, SpliceFallback.DRAIN_UNSUPPORTED, SpliceFallback.LOOKED_AT
                    };
                default -> counted();
            };
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldCarryEveryByteAndCountEachRefusal(Survivable fault) throws Exception {
        try (ProxyRig rig = ProxyRig.start(proxy -> strace(proxy, fault.inject)
                .java("-Dio.transportsplice.maxPooledPipes=0") // so that each buffer has a new one
                .with("--mode", "splice"))) {
            rig.carryBothWays(rig.linkUp(), BYTES);
            rig.carryBothWays(rig.linkDown(), BYTES);
            ProxyMetrics metrics = rig.stop();
            long injected = injected();
            assertTrue(injected > 0, "nothing was injected");
            if (fault.counted().length > 0) {
                assertEquals(injected, metrics.fallbacks(fault.counted()), metrics::toString);
                assertTrue(metrics.value("bytesCopied") > 0, metrics::toString);
            } else {
                assertTrue(metrics.value("bytesSpliced") > 4L * BYTES / 10 * 9, metrics::toString);
            }
            assertEquals(0, metrics.fallbacksBut(fault.allowed()), metrics::toString);
        }
    }

    /** The kernel has lost bytes, or says so: a clean end would be a lie to both. */
    @ParameterizedTest
    @ValueSource(strings = {"EPIPE", "EIO"})
    void shouldResetBothEndsWhereBytesAreLost(String error) throws Exception {
        int faults = 40; // so many that some are drains: which it is, is as the streams happen to stand
        int every = 23;
        String inject = "splice:error=" + error + ":when=" + every + ".." + every * faults + "+" + every;
        try (ProxyRig rig = ProxyRig.start(proxy -> strace(proxy, inject).with("--mode", "splice"))) {
            for (int i = 0; i < faults; i++) {
                carryUntilBothSeeAReset(rig, i % 2 == 0 ? rig.linkUp() : rig.linkDown());
            }
            rig.carryBothWays(rig.linkUp(), BYTES);
            ProxyMetrics metrics = rig.stop();
            assertEquals(faults, injected());
            assertTrue(metrics.fallbacks(SpliceFallback.SOCKET_ERROR) > 0, metrics::toString);
            assertTrue(metrics.value("pipesClosedDirty") > 0, metrics::toString);
        }
    }

    private static void carryUntilBothSeeAReset(ProxyRig rig, Link link) throws InterruptedException {
        Future<?> forth = rig.async(() -> link.source().send(link.forward(), 0, Long.MAX_VALUE, 64 * KIB));
        Future<?> back = rig.async(() -> link.sink().send(link.backward(), 0, Long.MAX_VALUE, 64 * KIB));
        Future<Received> sink = rig.asyncResult(() -> link.sink().receiveToEnd(link.forward(), 0));
        Received source = link.source().receiveToEnd(link.backward(), 0);
        expectReset(source, Rig.awaitFailure(forth));
        expectReset(Rig.await(sink), Rig.awaitFailure(back));
    }

    /**
     * A reset is told once, to the receiving or to the sending thread. The latter says "Connection reset" then, but
     * "Broken pipe" where a FIN came before.
     */
    private static void expectReset(Received received, IOException sending) {
        boolean reset = received.end() == End.RESET || sending.getMessage().startsWith("Connection reset");
        assertTrue(reset, () -> received + ", " + sending);
    }

    @ParameterizedTest
    @CsvSource({"splice:error=ENOSYS", "pipe2:error=EMFILE:when=2"})
    void shouldPassEverythingThroughWhereTheProbeFails(String inject) throws Exception {
        try (ProxyRig rig = ProxyRig.start(proxy -> strace(proxy, inject).with("--mode", "auto"))) {
            Await.until("it says so", () -> rig.proxy().errors().contains("cannot splice"));
            rig.carryBothWays(rig.linkUp(), BYTES);
            ProxyMetrics metrics = rig.stop();
            assertEquals(0, metrics.value("bytesSpliced"), metrics::toString);
            assertEquals(2, metrics.fallbacks(SpliceFallback.UNAVAILABLE), metrics::toString);
        }
    }

    @Test
    void shouldRefuseToStartWhereItMustSpliceAndTheProbeFails() throws Exception {
        String said = strace(
                        ProxyProcess.to(new InetSocketAddress(InetAddress.getLoopbackAddress(), 9)),
                        "splice:error=EPERM")
                .with("--mode", "splice")
                .startInVain(1);
        assertTrue(said.contains("cannot splice"), said);
    }

    @BeforeAll
    static void requireTracing() throws Exception {
        if (!Tool.succeeds(Tool.require("strace"), "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "true")) {
            Tool.skipForLackOf("leave to trace processes");
        }
    }

    /** {@code -D}: the proxy, not strace, is the child that the test knows. */
    private ProxyProcess.Builder strace(ProxyProcess.Builder proxy, String inject) {
        return proxy.under(Trouble.strace(inject, log().toString()).toArray(String[]::new));
    }

    private Path log() {
        return dir.resolve("strace");
    }

    private long injected() throws IOException {
        try (var lines = Files.lines(log())) {
            return lines.filter(line -> line.endsWith("(INJECTED)") || line.endsWith("(DELAYED)"))
                    // the JVM has uses of its own for fcntl
                    .filter(line -> !line.contains("fcntl(") || line.contains("F_SETPIPE_SZ"))
                    .count();
        }
    }
}
