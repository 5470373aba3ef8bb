// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.system;

import static io.transportsplice.system.ProxyRig.KIB;
import static io.transportsplice.system.ProxyRig.MIB;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.SpliceFallback;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Backend;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Rig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The proxy meets the limits of its process and of its user: it serves less well, goes on, and recovers. */
@Timeout(120)
class LimitsIT {
    private static final int SMALL = 16 * KIB;

    @Test
    void shouldCopyWhileItHasNoDescriptorsLeftAndSpliceAgainAfterwards() throws Exception {
        String prlimit = Tool.require("prlimit");
        try (ProxyRig rig = ProxyRig.start(
                proxy -> proxy.with("--mode", "splice").java("-Dio.transportsplice.trimIntervalMillis=100"))) {
            List<Link> links = links(rig, 8);
            carryAll(rig, links, 0, 4 * MIB);
            Await.until("the pool is trimmed", rig::pipes, pipes -> pipes == 0);
            limitFiles(prlimit, rig, lowestFree(rig));
            carryAll(rig, links, 4 * MIB, 8 * MIB);
            assertEquals(0, rig.pipes());
            Peer waiting = rig.connect();
            Await.until(
                    "it says that it cannot accept", () -> rig.proxy().errors().contains("cannot accept"));
            carryAll(rig, links, 8 * MIB, 9 * MIB);

            limitFiles(prlimit, rig, 1000);
            Link late = rig.between(waiting, rig.accept());
            long carried = 9 * MIB;
            do { // until it is seen to make pipes again, which it soon trims
                carryAll(rig, links, carried, carried + 4 * MIB);
                carried += 4 * MIB;
            } while (rig.pipes() == 0);
            rig.carryBothWays(late, 4 * MIB);
            ProxyMetrics metrics = rig.stop();
            assertTrue(metrics.fallbacks(SpliceFallback.NO_PIPE) > 0, metrics::toString);
            assertEquals(metrics.value("pipesRefused"), metrics.fallbacks(SpliceFallback.NO_PIPE), metrics::toString);
            assertTrue(metrics.value("bytesCopied") > 8 * 4 * MIB, metrics::toString);
        }
    }

    private static void limitFiles(String prlimit, ProxyRig rig, int numbers) throws Exception {
        Tool.run(prlimit, "--pid", Long.toString(rig.proxy().pid()), "--nofile=" + numbers + ":");
    }

    /** The limit is one of numbers: as the lowest free one, it leaves none. */
    private static int lowestFree(ProxyRig rig) {
        int number = 0;
        Path fds = Path.of("/proc", Long.toString(rig.proxy().pid()), "fd");
        while (Files.exists(fds.resolve(Integer.toString(number)), LinkOption.NOFOLLOW_LINKS)) {
            number++;
        }
        return number;
    }

    /** Past fs.pipe-user-pages-soft an unprivileged user's pipes shrink to 2 slots; root is exempt. */
    @Test
    void shouldServeAThousandBusyConnectionsOfAnUnprivilegedUser(@TempDir Path dir) throws Exception {
        Tool.requireRoot();
        String setpriv = Tool.require("setpriv");
        Path jar = readableByAll(dir);
        try (PrivateNetwork network = PrivateNetwork.open();
                ProxyRig rig = new ProxyRig(
                        Backend.open(new InetSocketAddress(PrivateNetwork.HERE, 0), SMALL),
                        SMALL,
                        proxy -> proxy.jar(jar)
                                .listen(PrivateNetwork.THERE + ":0")
                                .under(network.entrance())
                                .under(setpriv, "--reuid=65534", "--regid=65534", "--clear-groups")
                                .with("--mode", "splice"))) {
            network.boundBuffers(SMALL); // so that little data fills everything between
            List<Link> links = links(rig, 1000);
            long[] sent = new long[links.size()];
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < sent.length; i++) {
                    Link link = links.get(i);
                    sent[i] = link.source().sendWithoutWaiting(link.forward(), sent[i], 400 * KIB);
                }
            }
            int pipes = rig.pipes() / 2;
            for (int i = 0; i < sent.length; i++) {
                links.get(i).sink().receive(links.get(i).forward(), 0, sent[i]);
            }
            for (int i = 0; i < sent.length; i++) {
                links.get(i).carryToEnd(sent[i], sent[i] + 1, 1);
                links.get(i).finish();
            }
            rig.carryBothWays(rig.linkUp(), 16 * MIB);
            ProxyMetrics metrics = rig.stop();
            System.err.println("1000 busy connections held " + pipes + " pipes: " + metrics);
            assertTrue(metrics.fallbacks(SpliceFallback.NO_PIPE) > 0, metrics::toString);
            assertTrue(metrics.value("bytesSpliced") > 0, metrics::toString);
            assertTrue(metrics.value("bytesCopied") > 0, metrics::toString);
            assertEquals(0, metrics.fallbacksBut(SpliceFallback.NO_PIPE), metrics::toString);
        }
    }

    @Test
    void shouldSpliceThroughPipesOfTwoSlots() throws Exception {
        try (ProxyRig rig = ProxyRig.start(proxy -> proxy.with("--mode", "splice", "--pipe-capacity", "8k"))) {
            Link small = rig.linkUp();
            Future<?> back = rig.async(() -> small.carryBack(0, 5_000, 1));
            small.carry(0, 5_000, 1); // each byte takes a slot
            Rig.await(back);
            rig.carryBothWays(rig.linkDown(), 4 * MIB);
            ProxyMetrics metrics = rig.stop();
            assertTrue(metrics.value("bytesSpliced") >= 8 * MIB, metrics::toString);
            assertTrue(metrics.value("buffers") >= 8 * MIB / (8 * KIB), metrics::toString);
        }
    }

    private static Path readableByAll(Path dir) throws IOException, InterruptedException {
        Path jar = dir.resolve("tcp-proxy.jar");
        Files.copy(Path.of(System.getProperty("tcpProxyJar")), jar);
        Tool.run("chmod", "-R", "a+rX", dir.toString());
        return jar;
    }

    @ParameterizedTest
    @ValueSource(strings = {"splice", "copy"})
    void shouldServeOnWithHardlyAnyMemory(String mode) throws Exception {
        try (ProxyRig rig = ProxyRig.start(
                SMALL,
                proxy -> proxy.java("-Xmx32m", "-XX:MaxDirectMemorySize=16m").with("--mode", mode))) {
            List<Link> links = links(rig, 300);
            for (Link link : links) {
                sendWhatItTakes(link);
            }
            rig.proxy().awaitRest();
            rig.closePeers(); // some may have been given up for lack of memory
            rig.awaitSockets(0);
            rig.carryBothWays(rig.linkUp(), 4 * MIB);
            rig.stop();
        }
    }

    private static void sendWhatItTakes(Link link) {
        try {
            link.source().sendWithoutWaiting(link.forward(), 0, MIB);
        } catch (IOException e) {
            System.err.println("a connection was given up: " + e);
        }
    }

    @Test
    void shouldHoldTwoSocketsAndNothingElseForEachOfManyIdlePairs() throws Exception {
        int pairs = 9_000;
        if (Limits.maxOpenFiles() < 2 * pairs + 500) {
            Tool.skipForLackOf(2 * pairs + 500 + " file descriptors (ulimit -n)");
        }
        try (ProxyRig rig = ProxyRig.start(proxy -> proxy.with("--mode", "splice"))) {
            List<Link> links = links(rig, pairs);
            rig.awaitSockets(2 * pairs);
            carryAll(rig, List.of(links.get(0), links.get(pairs / 2), links.get(pairs - 1)), 0, 4 * MIB);
            rig.proxy().awaitRest();
            assertTrue(rig.pipes() <= 2 * 3 * 4, () -> rig.pipes() + " ends of pipes");
            rig.closePeers();
            rig.awaitSockets(0);
            rig.carryBothWays(rig.linkUp(), 4 * MIB);
            rig.stop();
        }
    }

    private static List<Link> links(ProxyRig rig, int count) throws IOException {
        List<Link> links = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            links.add(i % 2 == 0 ? rig.linkUp() : rig.linkDown());
        }
        return links;
    }

    private static void carryAll(ProxyRig rig, List<Link> links, long from, long to) throws InterruptedException {
        List<Future<?>> carried = new ArrayList<>();
        for (Link link : links) {
            carried.add(rig.async(() -> link.carry(from, to, 64 * KIB)));
        }
        for (Future<?> each : carried) {
            Rig.await(each);
        }
    }
}
