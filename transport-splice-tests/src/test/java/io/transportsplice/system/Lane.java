// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.soak.Torture;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** A process of clients and servers, with proxies between them or a relay of its own. */
final class Lane implements AutoCloseable {
    private static final int ROUND_SECONDS = Integer.getInteger("marathon.roundSeconds", 60);
    private static final int PATIENCE_SECONDS = 60;
    /** What a round may last longer: the last connections are waited for. */
    private static final int LATER_SECONDS = 300;

    private static final List<String> MODES = List.of("auto", "splice", "copy");
    /** Bytes of a stream at the most: the fewer, the more connections a night has. */
    private static final List<Integer> MOST = List.of(30_000, 100_000, 100_000, 8_000_000);

    private final String what;
    private final Trouble trouble;
    private final List<ProxyProcess> proxies = new ArrayList<>();
    private Process clients;
    private Path said;

    private Lane(String what, Trouble trouble) {
        this.what = what;
        this.trouble = trouble;
    }

    /** With a relay in the clients' process. */
    static Lane within(SplittableRandom random) throws IOException {
        String mode = draw(MODES, random);
        boolean wrap = random.nextBoolean();
        Lane lane = new Lane(mode + (wrap ? ", wrapped" : ""), Trouble.NONE);
        lane.startClients(List.of(
                "mode=" + mode, "wrap=" + wrap, "threads=" + random.nextInt(1, 3), "most=" + draw(MOST, random)));
        return lane;
    }

    /** Through two proxies: for clients that speak first, and for servers. */
    static Lane through(SplittableRandom random, Trouble trouble) throws IOException {
        String mode = draw(MODES, random);
        Lane lane = new Lane("tcp-proxy, " + mode + ", " + trouble, trouble);
        List<String> options = new ArrayList<>(List.of("most=" + draw(MOST, random)));
        try {
            options.addAll(lane.addProxy("port", "backendPort", mode, random));
            options.addAll(lane.addProxy("serverFirstPort", "serverFirstBackendPort", mode, random));
            lane.startClients(options);
        } catch (IOException | RuntimeException | Error e) {
            lane.close();
            throw e;
        }
        return lane;
    }

    /** Returns what the clients and servers must know of it. */
    private List<String> addProxy(String portName, String backendName, String mode, SplittableRandom random)
            throws IOException {
        InetSocketAddress backend = freeAddress();
        ProxyProcess proxy = ProxyProcess.to(backend)
                .under(trouble.under(random).toArray(String[]::new))
                .with("--mode", mode)
                .start();
        proxies.add(proxy);
        return List.of(portName + "=" + proxy.address().getPort(), backendName + "=" + backend.getPort());
    }

    private static <T> T draw(List<T> all, SplittableRandom random) {
        return all.get(random.nextInt(all.size()));
    }

    private static InetSocketAddress freeAddress() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return (InetSocketAddress) socket.getLocalSocketAddress();
        }
    }

    private void startClients(List<String> options) throws IOException {
        said = Files.createTempFile("torture", ".txt");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-ea",
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Torture.class.getName(),
                "seconds=" + ROUND_SECONDS,
                "patience=" + PATIENCE_SECONDS));
        command.addAll(options);
        clients = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
    }

    String what() {
        return what;
    }

    boolean isRunning() {
        return clients.isAlive();
    }

    void makeTrouble(SplittableRandom random) throws IOException, InterruptedException {
        for (ProxyProcess proxy : proxies) {
            trouble.make(proxy, random);
        }
    }

    /** What must not have happened: whom a proxy has no descriptors for, it resets, and those do not reach the other end. */
    List<String> mustNotHave() {
        return trouble == Trouble.FEW_DESCRIPTORS
                ? List.of("lost", "wrong", "foreign", "hang")
                : List.of("lost", "wrong", "foreign", "hang", "broken", "unreached", "reset_seen_clean");
    }

    /** Waits until the clients are done, and ends the proxies, which must hold nothing any more; returns what was said. */
    String end() throws IOException, InterruptedException {
        assertTrue(clients.waitFor(ROUND_SECONDS + LATER_SECONDS, TimeUnit.SECONDS), "the clients do not end");
        for (ProxyProcess proxy : proxies) {
            ProxyMetrics metrics = proxy.stop();
            assertEquals(0, metrics.value("buffersInFlight"), metrics::toString);
            assertTrue(metrics.value("pipesInUse") <= 0, metrics::toString);
        }
        return Files.readString(said);
    }

    @Override
    public void close() throws IOException {
        if (clients != null) {
            clients.destroyForcibly();
        }
        for (ProxyProcess proxy : proxies) {
            proxy.close();
        }
        if (said != null) {
            Files.deleteIfExists(said);
        }
    }
}
