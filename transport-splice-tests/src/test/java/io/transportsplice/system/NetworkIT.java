package io.transportsplice.system;

import static io.transportsplice.system.ProxyRig.KIB;
import static io.transportsplice.system.ProxyRig.MIB;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.SpliceFallback;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Backend;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Rig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The proxy behind a wire that is not as good as loopback. Every byte crosses it twice. */
@Timeout(90)
class NetworkIT {
    private static final long OUTAGE_NANOS = 500_000_000;

    private Veth veth;
    private ProxyRig rig;

    @BeforeEach
    void connect() throws Exception {
        veth = Veth.open();
    }

    private void startProxy(String... options) throws IOException {
        rig = new ProxyRig(
                Backend.open(new InetSocketAddress(Veth.HERE, 0), 0),
                0,
                proxy -> proxy.under(veth.entrance())
                        .listen(Veth.THERE + ":0")
                        .with("--mode", "splice")
                        .with(options));
    }

    @AfterEach
    void disconnect() throws IOException {
        if (rig != null) {
            rig.close();
        }
        if (veth != null) { // else the test was skipped
            veth.close();
        }
    }

    @Test
    void shouldCarryPacketsOfTheWiresSize() throws Exception {
        veth.withoutOffloads();
        startProxy();
        rig.carryBothWays(rig.linkUp(), 24 * MIB);
        expectSpliced(2 * 24 * MIB);
    }

    /** A bottleneck with a short queue: packets wait, and many are dropped. */
    @Test
    void shouldCarryThroughANarrowWireThatDropsPackets() throws Exception {
        veth.withoutOffloads();
        veth.shape("tbf", "rate", "200mbit", "burst", "16kb", "limit", "12kb");
        startProxy();
        rig.carryBothWays(rig.linkUp(), 8 * MIB);
        assertTrue(veth.dropped() > 10, "hardly a packet was dropped");
        expectSpliced(2 * 8 * MIB);
    }

    @ParameterizedTest
    @ValueSource(strings = {"loss 2%", "delay 5ms 4ms reorder 25%", "delay 2ms loss 1% duplicate 2%"})
    void shouldCarryThroughAWireThatIsUnreliable(String netem) throws Exception {
        if (!veth.hasNetem()) {
            Tool.skipForLackOf("netem in its kernel");
        }
        veth.withoutOffloads();
        veth.shape(("netem " + netem).split(" ", -1));
        startProxy();
        rig.carryBothWays(rig.linkUp(), 4 * MIB);
        expectSpliced(2 * 4 * MIB);
    }

    private void expectSpliced(long bytes) throws Exception {
        ProxyMetrics metrics = rig.stop();
        assertTrue(metrics.value("bytesSpliced") > bytes / 10 * 9, metrics::toString);
        assertTrue(metrics.fallbacksBut() == 0, metrics::toString);
    }

    @Test
    void shouldGoOnWhenTheWireWasDown() throws Exception {
        startProxy();
        Link link = rig.linkUp();
        Future<?> sending = rig.async(() -> link.source().send(link.forward(), 0, 64 * MIB, 64 * KIB));
        link.sink().receive(link.forward(), 0, 8 * MIB);
        veth.down();
        Await.pause(OUTAGE_NANOS);
        rig.proxy().awaitRest();
        veth.up();
        link.sink().receive(link.forward(), 8 * MIB, 64 * MIB);
        Rig.await(sending);
        link.carryToEnd(64 * MIB, 65 * MIB, 64 * KIB);
        link.finish();
        rig.stop();
    }

    /** Nobody will ever tell the proxy that its peers are gone. */
    @Test
    void shouldLetGoOfPeersThatVanishInMidStream() throws Exception {
        startProxy("--idle-timeout", "1s");
        Link link = rig.linkUp();
        Future<?> sending = rig.async(() -> link.source().send(link.forward(), 0, Long.MAX_VALUE, 64 * KIB));
        Link idle = rig.linkDown();
        link.sink().receive(link.forward(), 0, 8 * MIB);
        idle.carry(0, MIB, 64 * KIB);
        veth.down();
        rig.awaitSockets(0);
        veth.up();
        rig.closePeers();
        Rig.awaitFailure(sending);
        rig.carryBothWays(rig.linkUp(), 4 * MIB);
        ProxyMetrics metrics = rig.stop();
        assertTrue(metrics.value("pipesClosedDirty") > 0, metrics::toString);
        assertTrue(metrics.fallbacks(SpliceFallback.SOCKET_ERROR) == 0, metrics::toString);
    }
}
