// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.Channel;
import io.netty.channel.WriteBufferWaterMark;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.TestRelay;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A relay holds little for a sink that takes nothing, and waits for it without using the CPU. */
interface BackPressureContract extends RelayFixture {
    /** What four sockets with small buffers, a write buffer's high-water mark and a few reads can hold. */
    long LITTLE = MIB;

    @ParameterizedTest
    @EnumSource
    default void shouldHoldLittleForASinkThatTakesNothing(Route route) throws Exception {
        Link link = rig().smallBuffers().link(route);
        long sent = link.fillUp(64 * MIB);
        assertTrue(sent <= LITTLE, () -> sent + " bytes were taken, though the sink read nothing");
        Baseline.State now = Baseline.State.now();
        long pipes = now.pipesInUse() - rig().baseline().pipesInUse();
        assertTrue(pipes <= SpliceOptions.defaults().maxInFlight(), () -> pipes + " pipes are in use");
        link.sink().receive(link.forward(), 0, sent);
        rig().awaitPipesHome();
    }

    @ParameterizedTest
    @EnumSource
    default void shouldNotReadFromTheSourceUnboundedlyWithDefaultBuffers(Route route) throws Exception {
        Link link = rig().link(route);
        long sent = link.fillUp(256 * MIB);
        assertTrue(sent <= 64 * MIB, () -> sent + " bytes were taken, though the sink read nothing");
        link.source().halfClose();
        Link.expect(new Received(sent, End.EOF), link.sink().receiveToEnd(link.forward(), 0));
    }

    @ParameterizedTest
    @EnumSource
    default void shouldNotLetOneDirectionBlockTheOther(Route route) throws Exception {
        Link link = rig().smallBuffers().link(route);
        long sent = link.fillUp(16 * MIB);
        link.carryBack(0, 8 * MIB, 64 * KIB);
        link.sink().receive(link.forward(), 0, sent);
        link.carry(sent, sent + MIB, 64 * KIB);
    }

    /** Netty counts a FileRegion as nothing: without further ado the sink would call itself writable for ever. */
    @ParameterizedTest
    @EnumSource
    default void shouldTellTruthfullyWhetherTheSinkIsWritable(Route route) throws Exception {
        WriteBufferWaterMark low = new WriteBufferWaterMark(2 * KIB, 4 * KIB);
        rig().smallBuffers()
                .configure(c -> c.pipeline(
                        (side, pipeline) -> pipeline.channel().config().setWriteBufferWaterMark(low)));
        Link link = rig().link(route);
        TestRelay.Pair pair = rig().relay().lastPair();
        Channel sink = route.up() ? pair.back() : pair.front();
        assertTrue(sink.isWritable());
        long sent = link.fillUp(16 * MIB);
        assertFalse(sink.isWritable());
        link.sink().receive(link.forward(), 0, sent);
        Await.until("the sink is writable again", sink::isWritable);
        link.carryToEnd(sent, sent + MIB, 64 * KIB);
        link.finish();
    }

    @ParameterizedTest
    @EnumSource
    default void shouldCarryOnAfterEachTimeThatEverythingWasFull(Route route) throws Exception {
        Link link = rig().smallBuffers().link(route);
        long received = 0;
        Future<?> sending = rig().async(() -> link.source().send(link.forward(), 0, 3 * MIB, 64 * KIB));
        for (int stop = 1; stop <= 3; stop++) {
            rig().relay().awaitRest();
            link.sink().receive(link.forward(), received, (long) stop * MIB, 3000, 0);
            received = (long) stop * MIB;
        }
        Rig.await(sending);
    }
}
