// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.transportsplice.EpollSplice;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.SpliceOptions;
import io.transportsplice.SpliceOptions.Policy;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Backend;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.CrampedLoop;
import io.transportsplice.testing.Family;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.LoopGroups;
import io.transportsplice.testing.LoopHold;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** One channel is gone, and the other, which has not got all yet, is to be reset when it has. */
@ExtendWith(Baseline.class)
@Timeout(120)
class RelayResetTest {
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;
    private static final int TAKEN = 200 * KIB;
    private static final int PATIENCE = 5000;
    private static final int STEP = 100;

    /** Most of what was taken lies in the relay's kernel, for the sink does not read, and the source is no more. */
    private static Link waiting(Rig rig) throws Exception {
        Link link = rig.smallBuffersOfPeers().link(Route.TCP_TCP_UP);
        link.source().send(link.forward(), 0, TAKEN, 32 * KIB);
        rig.relay().awaitRest();
        link.source().reset();
        rig.relay().awaitRest();
        return link;
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY", "PLAIN"})
    void shouldBeAResetWhoeverClosesTheChannelMeanwhile(Mode mode) throws Exception {
        try (Rig rig = new Rig(mode)) {
            Link link = waiting(rig);
            rig.relay().lastPair().back().close().syncUninterruptibly();
            assertEquals(End.RESET, link.sink().receiveToEnd(link.forward(), 0).end());
        }
    }

    /** Here it need not be told. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY", "PLAIN"})
    void shouldBeAResetIfTheLoopIsShutDownMeanwhile(Mode mode) throws Exception {
        try (Rig rig = new Rig(mode)) {
            Link link = waiting(rig);
            rig.relay().close();
            assertEquals(End.RESET, link.sink().receiveToEnd(link.forward(), 0).end());
        }
    }

    /** Who waits to reset it follows it. */
    @ParameterizedTest
    @CsvSource({"AUTO, false", "SPLICE, true", "COPY, true", "PLAIN, false"})
    void shouldBeAResetOnWhateverLoop(Mode mode, boolean wrapped) throws Exception {
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        try (Rig rig = new Rig(mode).configure(c -> c.wrapped(wrapped))) {
            Link link = rig.smallBuffersOfPeers().link(Route.TCP_TCP_UP);
            Channel back = rig.relay().lastPair().back();
            EventLoop own = back.eventLoop();
            move(back, wrapped ? EpollSplice.wrap(group) : group);
            link.source().send(link.forward(), 0, TAKEN, 32 * KIB);
            rig.relay().awaitRest();
            link.source().reset();
            rig.relay().awaitRest();
            move(back, own);
            LoopGroups.end(group);
            Link.expect(new Received(TAKEN, End.RESET), link.sink().receiveToEnd(link.forward(), 0));
            rig.relay().awaitNoChannels();
        } finally {
            LoopGroups.end(group);
        }
    }

    private static void move(Channel channel, EventLoopGroup group) {
        channel.deregister().syncUninterruptibly();
        group.register(channel).syncUninterruptibly();
    }

    /** Its socket is full, and the rest waits in front of it. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "ALWAYS", "NEVER"})
    void shouldGiveUpOnOneThatTakesNothing(Policy policy) throws Exception {
        SpliceOptions options = SpliceOptions.builder().policy(policy).build();
        try (ClockedRelay relay = new ClockedRelay(
                1, true, 16 * KIB, () -> new ChannelHandler[] {new EpollSpliceHandler(options), new RelayHandler()})) {
            relay.join();
            CompletableFuture<Void> sending = ClockedRelay.send(relay.server(), new Pattern(0), 64 * MIB);
            relay.awaitStuck();
            relay.server().reset();
            Await.until("the server's channel closed", relay::open, open -> open == 1);
            sending.handle((nothing, failure) -> null).join();
            for (int passed = 0; passed < PATIENCE; passed += STEP) {
                assertEquals(1, relay.open(), "after " + passed);
                relay.advance(STEP);
            }
            Await.until("given up", () -> {
                relay.advance(STEP);
                return relay.open() == 0;
            });
            assertEquals(
                    End.RESET, relay.client().receiveToEnd(new Pattern(0), 0).end());
        }
    }

    /** What it sends goes nowhere, so let it notice. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY", "PLAIN"})
    void shouldTakeNothingMoreFromTheOneThatIsToBeReset(Mode mode) throws Exception {
        try (Rig rig = new Rig(mode).configure(c -> c.bufferSize(16 * KIB))) {
            Link link = rig.smallBuffersOfPeers().link(Route.TCP_TCP_UP);
            link.fillUp(MIB);
            link.source().reset();
            rig.relay().awaitRest();
            long sent = 0;
            for (int quiet = 0; quiet < 3; ) {
                long before = sent;
                sent = link.sink().sendWithoutWaiting(link.backward(), sent, 64 * MIB);
                rig.relay().awaitRest();
                quiet = sent == before ? quiet + 1 : 0;
            }
            assertTrue(sent < 4 * MIB, "took " + sent);
            assertEquals(End.RESET, link.sink().receiveToEnd(link.forward(), 0).end());
        }
    }

    /** The source had said all that it had to say. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY"})
    void shouldLeaveTheDirectionWholeThatWasAtItsEnd(Mode mode) throws Exception {
        try (Rig rig = new Rig(mode)) {
            Link link = rig.smallBuffersOfPeers().link(Route.TCP_TCP_UP);
            link.source().send(link.forward(), 0, TAKEN, 32 * KIB);
            link.source().halfClose();
            rig.relay().awaitRest();
            link.source().reset();
            rig.relay().awaitRest();
            // Netty notices only when it writes to the source, for it has nothing more to read from it.
            link.sink().send(link.backward(), 0, KIB, KIB);
            Link.expect(new Received(TAKEN, End.EOF), link.sink().receiveToEnd(link.forward(), 0));
            rig.relay().awaitNoChannels();
        }
    }

    /** A loop with little room for tasks, all of it taken. */
    @Test
    void shouldNotLoseAResetWhereTheTaskQueueIsFull() throws Exception {
        MultiThreadIoEventLoopGroup group = CrampedLoop.newGroup();
        try (Backend backend = Backend.open(Family.TCP, 0)) {
            Channel channel = new Bootstrap()
                    .group(group)
                    .channel(EpollSocketChannel.class)
                    .handler(new RelayHandler())
                    .connect(backend.address())
                    .syncUninterruptibly()
                    .channel();
            try (Peer peer = backend.accept()) {
                LoopHold.whileHeld(channel.eventLoop(), () -> {
                    CrampedLoop.fill(channel.eventLoop());
                    RelayHandler.reset(channel);
                });
                Link.expect(new Received(0, End.RESET), peer.receiveToEnd(new Pattern(0), 0));
            }
        } finally {
            LoopGroups.end(group);
        }
    }
}
