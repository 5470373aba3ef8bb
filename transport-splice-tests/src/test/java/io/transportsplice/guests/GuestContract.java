// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.SpliceMetrics;
import io.transportsplice.SpliceOptions;
import io.transportsplice.testing.Backend;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Carriage;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import io.transportsplice.testing.Rig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A relay made with somebody else's framework, or somebody else's program, with the splice handler in its pipelines. */
@Timeout(120)
@ExtendWith(Baseline.class)
abstract class GuestContract {
    static final String HOST = "127.0.0.1";
    private static final int MIB = 1024 * 1024;
    private static final int CHUNK = 64 * 1024;
    private static final int SMALL = 16 * 1024;

    private final Rig rig = new Rig(Mode.SPLICE);
    private final List<Peer> peers = new ArrayList<>();
    private Backend backend;
    private InetSocketAddress address;

    /** Starts the relay; returns its port on the loopback. */
    abstract int start(int backendPort) throws Exception;

    abstract void stop() throws Exception;

    /**
     * How many bytes it must splice at least, of so many that it carries both ways. Not nearly all: between two loops many
     * messages are on their way, and how many depends on the machine; when they are too many, the rest is copied.
     */
    abstract long splicedOf(long bytes);

    /** Whether any of them must have been in a pipe. */
    boolean usesPipes() {
        return true;
    }

    /** What a client says before it is connected to the server. */
    void greet(Peer client, int backendPort) throws IOException {}

    static EpollSpliceHandler handler() {
        return new EpollSpliceHandler(
                SpliceOptions.builder().policy(SpliceOptions.Policy.ALWAYS).build());
    }

    @BeforeEach
    void start() throws Exception {
        backend = Backend.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SMALL);
        address = new InetSocketAddress(InetAddress.getLoopbackAddress(), start(backendPort()));
    }

    private int backendPort() {
        return ((InetSocketAddress) backend.address()).getPort();
    }

    @AfterEach
    void stopAll() throws Exception {
        for (Peer peer : peers) {
            peer.close();
        }
        rig.close();
        stop();
        backend.close();
    }

    private Link link() throws IOException {
        peers.add(Peer.connect(address, SMALL));
        greet(peers.get(0), backendPort());
        peers.add(backend.accept());
        return rig.between(peers.get(0), peers.get(1));
    }

    @Test
    void shouldCarryBothWays() throws Exception {
        long buffers = SpliceMetrics.snapshot().buffers();
        Carriage carriage = new Carriage();
        Link link = link();
        Future<?> back = rig.async(() -> link.carryBack(0, 16 * MIB, CHUNK));
        link.carry(0, 16 * MIB, CHUNK);
        Rig.await(back);
        carriage.awaitAtLeast(splicedOf(32 * MIB));
        assertEquals(usesPipes(), SpliceMetrics.snapshot().buffers() > buffers, "filled pipes travelled through it");
    }

    @Test
    void shouldDeliverToASlowServerWhatWasSentBeforeTheEnd() throws Exception {
        Link link = link();
        sendAndEnd(link.source(), link.forward(), link.sink());
    }

    @Test
    void shouldDeliverToASlowClientWhatWasSentBeforeTheEnd() throws Exception {
        Link link = link();
        sendAndEnd(link.sink(), link.backward(), link.source());
    }

    private void sendAndEnd(Peer sender, Pattern pattern, Peer receiver) throws Exception {
        Future<?> sending = rig.async(() -> {
            sender.send(pattern, 0, 2 * MIB, CHUNK);
            sender.close();
        });
        Received received = receiver.receiveToEnd(pattern, 0, 8 * 1024, 200_000);
        Rig.await(sending);
        Link.expect(new Received(2 * MIB, End.EOF), received);
    }

    @Test
    void shouldCarryManyShortMessages() throws Exception {
        Link link = link();
        for (int i = 0; i < 200; i++) {
            link.carry(i * 100L, (i + 1) * 100L, 100);
            link.carryBack(i * 100L, (i + 1) * 100L, 100);
        }
    }
}
