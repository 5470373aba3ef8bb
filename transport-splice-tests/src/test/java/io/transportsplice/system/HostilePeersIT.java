// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.system;

import static io.transportsplice.system.ProxyRig.KIB;
import static io.transportsplice.system.ProxyRig.MIB;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.testing.Await;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import io.transportsplice.testing.Rig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Peers that mean ill, against one proxy with little memory. Beside them a connection that behaves goes on; afterwards
 * everything that the proxy held for them is gone.
 */
@Timeout(90)
@TestInstance(Lifecycle.PER_CLASS)
class HostilePeersIT {
    private static final int SMALL = 16 * KIB;
    private static final int MAX_POOLED_PIPE_ENDS = 2 * 32;
    /** Of one connection: two ends, two buffers in flight, two directions. */
    private static final int MAX_PIPE_ENDS = 2 * 2 * 2;

    private ProxyRig rig;
    private Bystander bystander;

    @BeforeAll
    void startProxy() throws IOException {
        rig = ProxyRig.start(
                SMALL,
                proxy -> proxy.java("-Xmx48m", "-XX:MaxDirectMemorySize=32m").with("--mode", "splice"));
    }

    @AfterAll
    void stopProxy() throws Exception {
        try (ProxyRig closed = rig) {
            closed.stop();
        }
    }

    @BeforeEach
    void startBystander(TestInfo test) throws IOException {
        bystander = new Bystander(rig, test.getDisplayName());
    }

    @AfterEach
    void verifyNothingIsLeft() throws IOException {
        bystander.close();
        rig.closePeers();
        rig.awaitSockets(0);
        Await.until("pipes lie in the pool", rig::pipes, pipes -> pipes <= MAX_POOLED_PIPE_ENDS);
        assertTrue(rig.proxy().errors().lines().allMatch(line -> line.contains("cannot connect")), rig.proxy()::errors);
    }

    /** Byte by byte, in both directions, over many connections at once. */
    @Test
    void shouldCarryTheBytesOfPeersThatSpeakVerySlowly() throws Exception {
        List<Link> links = links(100);
        for (int i = 0; i < 50; i++) {
            for (Link link : links) {
                link.source().send(link.forward(), i, i + 1, 1);
                link.sink().send(link.backward(), i, i + 1, 1);
            }
        }
        for (Link link : links) {
            link.sink().receive(link.forward(), 0, 50);
            link.source().receive(link.backward(), 0, 50);
        }
        assertTrue(rig.pipes() <= MAX_POOLED_PIPE_ENDS + MAX_PIPE_ENDS, () -> rig.pipes() + " ends of pipes");
    }

    @Test
    void shouldCarryAStreamOfOneByteSegments() throws Exception {
        Link link = rig.linkUp();
        Future<?> back = rig.async(() -> link.carryBack(0, 20_000, 1));
        link.carryToEnd(20_000, 1);
        Rig.await(back);
        link.finish(20_000);
    }

    /** A window of zero for as long as it pleases the reader: what is held for it has its bounds. */
    @Test
    void shouldHoldLittleForReadersThatDoNotRead() throws Exception {
        int readers = 64;
        List<Link> links = links(readers);
        long residentBefore = rig.proxy().residentKib();
        long[] sent = new long[readers];
        for (int round = 0; round < 4; round++) {
            for (int i = 0; i < readers; i++) {
                Link link = links.get(i);
                sent[i] = link.source().sendWithoutWaiting(link.forward(), sent[i], 64 * MIB);
            }
            bystander.whileSilent(rig.proxy()::awaitRest);
        }
        for (long bytes : sent) {
            assertTrue(bytes < 16 * MIB, () -> "the proxy took " + bytes + " bytes that nobody reads");
        }
        int most = MAX_POOLED_PIPE_ENDS + readers * MAX_PIPE_ENDS;
        assertTrue(rig.pipes() <= most, () -> rig.pipes() + " ends of pipes");
        long grown = rig.proxy().residentKib() - residentBefore;
        assertTrue(grown < 64 * KIB, () -> "grown by " + grown + " KiB");
        for (int i = 0; i < readers; i++) {
            Link link = links.get(i);
            link.sink().receive(link.forward(), 0, sent[i]);
            link.carryToEnd(sent[i], sent[i] + 100, 100);
            link.finish();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldLetGoOfAFloodOfConnectionsThatSayNothing(boolean reset) throws Exception {
        List<Link> links = links(1000);
        rig.awaitSockets(2 * 1000 + 2);
        for (Link link : links) {
            if (reset) {
                link.source().reset();
            } else {
                link.source().close();
            }
        }
        for (Link link : links) {
            link.sink().close();
        }
        rig.awaitSockets(2);
    }

    /** Splicing ends before an urgent byte, says would-block for ever, and the socket stays readable. */
    @Test
    void shouldNotBeStoppedByUrgentData() throws Exception {
        List<Link> links = links(20);
        for (Link link : links) {
            link.carry(0, 256 * KIB, 64 * KIB);
            link.source().sendUrgent('!');
        }
        for (Link link : links) {
            link.source().send(link.forward(), 256 * KIB, 256 * KIB + 1, 1);
        }
        bystander.whileSilent(rig.proxy()::awaitRest);
        for (Link link : links) {
            link.sink().receive(link.forward(), 256 * KIB, 256 * KIB + 1);
            link.carryToEnd(256 * KIB + 1, 512 * KIB, 64 * KIB);
            link.finish();
        }
    }

    /** When in the life of a connection a peer resets it. */
    enum Moment {
        AT_ONCE,
        AFTER_SOME_BYTES,
        IN_MID_STREAM,
        AFTER_ITS_END,
        AFTER_THE_OTHERS_END,
        WHILE_OUTPUT_IS_PENDING,
        WHILE_INPUT_IS_PENDING
    }

    @ParameterizedTest
    @EnumSource
    void shouldPassOnAResetAtAnyMoment(Moment moment) throws Exception {
        for (int i = 0; i < 20; i++) {
            Link link = i % 2 == 0 ? rig.linkUp() : rig.linkDown();
            long position = resetSource(link, moment);
            Received received = link.sink().receiveToEnd(link.forward(), position);
            if (moment != Moment.AFTER_ITS_END) { // its end has been told already, and may have been seen
                assertEquals(End.RESET, received.end());
            }
            link.sink().close();
        }
        rig.awaitSockets(2);
    }

    /** Returns how much the sink has received before. */
    private long resetSource(Link link, Moment moment) throws Exception {
        switch (moment) {
            case AT_ONCE -> {}
            case AFTER_SOME_BYTES -> link.source().send(link.forward(), 0, 1000, 1000);
            case IN_MID_STREAM -> {
                Future<?> sending = rig.async(() -> link.source().send(link.forward(), 0, 8 * MIB, 64 * KIB));
                link.sink().receive(link.forward(), 0, 64 * KIB);
                link.source().reset();
                Rig.awaitFailure(sending);
                return 64 * KIB;
            }
            case AFTER_ITS_END -> {
                link.source().send(link.forward(), 0, 1000, 1000);
                link.source().halfClose();
            }
            case AFTER_THE_OTHERS_END -> {
                link.sink().halfClose();
                Link.expect(new Received(0, End.EOF), link.source().receiveToEnd(link.backward(), 0));
            }
            case WHILE_OUTPUT_IS_PENDING -> link.source().sendWithoutWaiting(link.forward(), 0, 8 * MIB);
            case WHILE_INPUT_IS_PENDING -> link.sink().sendWithoutWaiting(link.backward(), 0, 8 * MIB);
        }
        link.source().reset();
        return 0;
    }

    /** Before there is an upstream to tell; where there is one already, nobody may care for it. */
    @Test
    void shouldForgetClientsThatResetBeforeTheyAreJoined() throws Exception {
        try (ProxyRig own = ProxyRig.start(proxy -> proxy.with("--mode", "splice"))) {
            Future<?> accepting = own.async(() -> {
                for (; ; ) {
                    own.backend().accept().close();
                }
            });
            for (int i = 0; i < 500; i++) {
                Peer client = own.connect();
                if (i % 2 == 0) {
                    client.send(new byte[1000]);
                }
                client.reset();
            }
            own.awaitSockets(0);
            own.stop();
            own.backend().close();
            Rig.awaitFailure(accepting);
        }
    }

    private List<Link> links(int count) throws IOException {
        List<Link> links = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            links.add(i % 2 == 0 ? rig.linkUp() : rig.linkDown());
        }
        return links;
    }
}
