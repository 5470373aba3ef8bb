// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.system;

import static io.transportsplice.system.ProxyRig.KIB;
import static io.transportsplice.system.ProxyRig.MIB;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.SpliceFallback;
import io.transportsplice.system.UnreliableWire.Flaws;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Rig;
import java.io.IOException;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The proxy behind a wire that loses, doubles, damages, delays and reorders packets, or swallows them all. */
@Timeout(90)
class UnreliableNetworkIT {
    /** As long as a few of TCP's timeouts, of which each is twice the one before. */
    private static final long OUTAGE_NANOS = 1_500_000_000;

    private PrivateNetwork network;
    private UnreliableWire wire;
    private ProxyRig rig;

    private void start(Flaws flaws, String... options) throws Exception {
        network = PrivateNetwork.open(flaws);
        wire = network.wire();
        rig = network.startProxy(options);
    }

    @AfterEach
    void disconnect() throws IOException {
        if (network != null) { // else the test was skipped
            network.close();
        }
    }

    @Test
    void shouldCarryThroughAWireThatLosesPackets() throws Exception {
        start(new Flaws(0.02, 0, 0, 0, 0));
        carry();
        assertTrue(wire.lost() > 50, () -> "lost " + wire.lost());
    }

    @Test
    void shouldCarryThroughAWireThatReordersPackets() throws Exception {
        start(new Flaws(0, 0, 0, 5, 4));
        carry();
        assertTrue(wire.overtaken() > 500, () -> "overtaken " + wire.overtaken());
    }

    @Test
    void shouldCarryThroughAWireThatDoublesAndDamagesPackets() throws Exception {
        start(new Flaws(0.005, 0.02, 0.005, 2, 1));
        carry();
        assertTrue(wire.doubled() > 50, () -> "doubled " + wire.doubled());
        assertTrue(wire.damaged() > 10, () -> "damaged " + wire.damaged());
    }

    private void carry() throws Exception {
        rig.carryBothWays(rig.linkUp(), 4 * MIB);
        rig.stopHavingSpliced(2 * 4 * MIB);
    }

    @Test
    void shouldGoOnWhenTheWireSwallowedEverythingForAWhile() throws Exception {
        start(Flaws.NONE);
        Link link = rig.linkUp();
        Future<?> sending = rig.async(() -> link.source().send(link.forward(), 0, 16 * MIB, 64 * KIB));
        link.sink().receive(link.forward(), 0, 4 * MIB);
        wire.cut();
        Await.pause(OUTAGE_NANOS);
        wire.mend();
        link.sink().receive(link.forward(), 4 * MIB, 16 * MIB);
        Rig.await(sending);
        link.carryToEnd(16 * MIB, 17 * MIB, 64 * KIB);
        link.finish();
        rig.stop();
    }

    /** Here the kernel tells: of data that nobody acknowledges, and of probes that nobody answers. */
    @Test
    void shouldResetTheOtherEndWhenAPeerIsGivenUp() throws Exception {
        start(Flaws.NONE, "--peer-timeout", "2s", "--idle-timeout", "0");
        Link idle = rig.linkDown();
        idle.carry(0, MIB, 64 * KIB);
        rig.proxy().awaitRest(); // all of it is acknowledged
        Link link = rig.linkUp();
        Future<?> sending = rig.async(() -> link.source().send(link.forward(), 0, Long.MAX_VALUE, 64 * KIB));
        link.sink().receive(link.forward(), 0, 4 * MIB);
        wire.cut();
        rig.awaitSockets(0);
        wire.mend();
        Rig.awaitFailure(sending);
        assertEquals(Peer.End.RESET, endOf(link, 4 * MIB));
        assertEquals(Peer.End.RESET, endOf(idle, MIB));
        rig.carryBothWays(rig.linkUp(), MIB);
        ProxyMetrics metrics = rig.stop();
        assertTrue(metrics.fallbacks(SpliceFallback.SOCKET_ERROR) > 0, metrics::toString);
    }

    /** Who could not be reached may not have heard of it yet, but is told when it says something. */
    private static Peer.End endOf(Link link, long received) {
        try {
            link.sink().send(link.backward(), 0, 1, 1);
        } catch (IOException e) {
            return Peer.End.RESET; // it has heard: after no more than a FIN a first write succeeds
        }
        return link.sink().receiveToEnd(link.forward(), received).end();
    }
}
