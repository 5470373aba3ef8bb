// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.TestRelay;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An event may be meant for somebody else. Netty 4.2.18 knows a registration by its file descriptor: when a channel is
 * closed and another accepted with the same number, both within one batch of events, what is left in the batch for the
 * old one comes to the new one. It then believes in an end of input that is none, drops its interest in one, and, if it
 * has no other interest, its registration. On a busy proxy that is some connections in a thousand.
 */
interface StaleEventContract extends RelayFixture {
    int IN = 0x1;
    int OUT = 0x4;
    int ERR = 0x8;
    int HUP = 0x10;
    int RDHUP = 0x2000;

    @ParameterizedTest
    @ValueSource(ints = {RDHUP, IN | RDHUP, IN | OUT | HUP | RDHUP, IN | ERR | HUP | RDHUP})
    default void shouldSurviveAnEventOfAnotherChannelBeforeTheUpstreamIsConnected(int bits) throws Exception {
        Route route = Route.TCP_TCP_UP;
        rig().gate().close();
        Peer client = rig().connect(route);
        Await.until("the connection waits at the gate", () -> rig().gate().queue() == 1);
        Channel front = rig().relay().channels().iterator().next();
        deliver(front, bits);
        rig().gate().open();
        carryToTheEnd(rig().accept(route, client));
    }

    @ParameterizedTest
    @ValueSource(ints = {RDHUP, IN | RDHUP, IN | OUT | HUP | RDHUP, IN | ERR | HUP | RDHUP})
    default void shouldSurviveAnEventOfAnotherChannelWithBytesThatCameBeforeTheUpstream(int bits) throws Exception {
        Route route = Route.TCP_TCP_UP;
        rig().gate().close();
        Peer client = rig().connect(route);
        Await.until("the connection waits at the gate", () -> rig().gate().queue() == 1);
        Channel front = rig().relay().channels().iterator().next();
        // the first pattern of the rig is the one of the link's forward direction
        client.send(new Pattern(0), 0, 100_000, 10_000);
        deliver(front, bits);
        rig().gate().open();
        Link link = rig().accept(route, client);
        link.sink().receive(link.forward(), 0, 100_000);
        link.carryToEnd(100_000, MIB, 64 * KIB);
        link.carryBack(0, MIB, 64 * KIB);
        link.finish(MIB);
    }

    @ParameterizedTest
    @ValueSource(ints = {IN, OUT, RDHUP, IN | RDHUP, IN | OUT | HUP | RDHUP, IN | ERR | HUP | RDHUP})
    default void shouldSurviveEventsOfAnotherChannelInMidStream(int bits) throws Exception {
        Link link = rig().smallBuffers().link(Route.TCP_TCP_UP);
        link.carry(0, 256 * KIB, 64 * KIB);
        Future<?> sending = rig().async(() -> link.source().send(link.forward(), 256 * KIB, 2 * MIB, 64 * KIB));
        rig().relay().awaitRest();
        deliverToBoth(bits);
        link.sink().receive(link.forward(), 256 * KIB, MIB);
        deliverToBoth(bits);
        link.sink().receive(link.forward(), MIB, 2 * MIB);
        Rig.await(sending);
        deliverToBoth(bits);
        link.carryToEnd(2 * MIB, 3 * MIB, 64 * KIB);
        deliverToBoth(bits);
        link.carryBack(0, MIB, 64 * KIB);
        link.finish(MIB);
    }

    private static void carryToTheEnd(Link link) throws Exception {
        link.carryToEnd(MIB, 64 * KIB);
        link.carryBack(0, MIB, 64 * KIB);
        link.finish(MIB);
    }

    private void deliverToBoth(int bits) {
        TestRelay.Pair pair = rig().relay().lastPair();
        deliver(pair.front(), bits);
        deliver(pair.back(), bits);
    }

    /** Does what the event loop would do with an event of that descriptor. */
    private static void deliver(Channel channel, int bits) {
        EpollIoOps ops = EpollIoOps.valueOf(bits);
        EpollIoEvent event = () -> ops;
        channel.eventLoop()
                .submit(() -> {
                    SplicingHandle adopted =
                            SplicingEventLoop.of(channel.eventLoop()).handleOf(channel);
                    EpollIoHandle handle = adopted != null ? adopted : (EpollIoHandle) channel.unsafe();
                    handle.handle(null, event);
                })
                .syncUninterruptibly();
    }
}
