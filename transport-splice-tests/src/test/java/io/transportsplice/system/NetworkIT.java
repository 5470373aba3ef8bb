// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.system;

import static io.transportsplice.system.ProxyRig.KIB;
import static io.transportsplice.system.ProxyRig.MIB;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.SpliceFallback;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Rig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.NoRouteToHostException;
import java.util.Objects;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The proxy behind a wire that is not as good as loopback. */
@Timeout(90)
class NetworkIT {
    private static final long OUTAGE_NANOS = 500_000_000;

    private PrivateNetwork network;
    private ProxyRig rig;

    @BeforeEach
    void connect() throws Exception {
        network = PrivateNetwork.open();
    }

    @AfterEach
    void disconnect() throws IOException {
        if (network != null) { // else the test was skipped
            network.close();
        }
    }

    @Test
    void shouldCarryPacketsOfTheWiresSize() throws Exception {
        network.withoutOffloads();
        rig = network.startProxy();
        rig.carryBothWays(rig.linkUp(), 24 * MIB);
        rig.stopHavingSpliced(2 * 24 * MIB);
    }

    /** A bottleneck with a short queue: packets wait, and many are dropped. */
    @Test
    void shouldCarryThroughANarrowWireThatDropsPackets() throws Exception {
        network.withoutOffloads();
        network.shape("tbf", "rate", "200mbit", "burst", "16kb", "limit", "12kb");
        rig = network.startProxy();
        rig.carryBothWays(rig.linkUp(), 8 * MIB);
        assertTrue(network.dropped() > 10, "hardly a packet was dropped");
        rig.stopHavingSpliced(2 * 8 * MIB);
    }

    @Test
    void shouldGoOnWhenTheWireWasDown() throws Exception {
        rig = network.startProxy();
        Link link = rig.linkUp();
        Future<?> sending = rig.async(() -> link.source().send(link.forward(), 0, 64 * MIB, 64 * KIB));
        link.sink().receive(link.forward(), 0, 8 * MIB);
        network.down();
        Await.pause(OUTAGE_NANOS);
        rig.proxy().awaitRest();
        network.up();
        link.sink().receive(link.forward(), 8 * MIB, 64 * MIB);
        Rig.await(sending);
        link.carryToEnd(64 * MIB, 65 * MIB, 64 * KIB);
        link.finish();
        rig.stop();
    }

    /** Nobody will ever tell the proxy that its peers are gone. */
    @Test
    void shouldLetGoOfPeersThatVanishInMidStream() throws Exception {
        rig = network.startProxy("--idle-timeout", "5s");
        Link idle = rig.linkDown();
        idle.carry(0, MIB, 64 * KIB);
        Link link = rig.linkUp();
        Future<?> sending = rig.async(() -> link.source().send(link.forward(), 0, Long.MAX_VALUE, 64 * KIB));
        link.sink().receive(link.forward(), 0, 8 * MIB);
        network.down();
        rig.awaitSockets(0);
        network.up();
        rig.closePeers();
        Rig.awaitFailure(sending);
        rig.carryBothWays(Await.until("there is a way again", this::linkUpIfThereIsAWay, Objects::nonNull), 4 * MIB);
        ProxyMetrics metrics = rig.stop();
        assertTrue(metrics.value("pipesClosedDirty") > 0, metrics::toString);
        assertTrue(metrics.fallbacks(SpliceFallback.SOCKET_ERROR) == 0, metrics::toString);
    }

    /** Null where the kernel has not found out yet that the wire is up. */
    private Link linkUpIfThereIsAWay() {
        try {
            return rig.linkUp();
        } catch (NoRouteToHostException e) {
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
