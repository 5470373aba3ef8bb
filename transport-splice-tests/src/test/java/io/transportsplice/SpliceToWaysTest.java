// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Rig;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a transfer is for, in every way: so many bytes, or all; and how it fails. */
class SpliceToWaysTest extends TransferFixture {
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    @Test
    void shouldMoveAllUntilTheEndOfTheInput() throws Exception {
        Future<Long> moved = EpollSplice.spliceTo(source, sink);
        moved.addListener(done -> ((DuplexChannel) sink).shutdownOutput());
        link.carryToEnd(4 * MIB, 64 * KIB);
        assertEquals(4 * MIB, await(moved));
    }

    @Test
    void shouldMoveBothWaysAtOnce() throws Exception {
        Future<Long> there = EpollSplice.spliceTo(source, sink, 4 * MIB);
        Future<Long> back = EpollSplice.spliceTo(sink, source, 4 * MIB);
        java.util.concurrent.Future<?> forward = rig.async(() -> link.carry(0, 4 * MIB, 64 * KIB));
        link.carryBack(0, 4 * MIB, 64 * KIB);
        Rig.await(forward);
        assertEquals(4 * MIB, await(there));
        assertEquals(4 * MIB, await(back));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 4096, 65_536, 5 * MIB + 1})
    void shouldMoveExactlySoManyBytes(long bytes) throws Exception {
        Future<Long> first = EpollSplice.spliceTo(source, sink, bytes);
        link.carry(0, bytes, 64 * KIB);
        assertEquals(bytes, await(first));
        Future<Long> second = EpollSplice.spliceTo(source, sink, bytes);
        java.util.concurrent.Future<?> sent =
                rig.async(() -> link.source().send(link.forward(), bytes, 2 * bytes + 100_000, 64 * KIB));
        link.sink().receive(link.forward(), bytes, 2 * bytes);
        Rig.await(sent);
        assertEquals(bytes, await(second));
        source.config().setAutoRead(true);
        Await.until(
                "the rest is read by the handlers",
                () -> source.pipeline().get(SpliceToTest.Rest.class).bytes.get() == 100_000);
    }

    @Test
    void shouldMoveNothingWhenAskedForNothing() throws Exception {
        assertEquals(0, await(EpollSplice.spliceTo(source, sink, 0)));
        assertThrows(IllegalArgumentException.class, () -> EpollSplice.spliceTo(source, sink, -1));
    }

    @Test
    void shouldStayInStepWhenCancelled() throws Exception {
        Future<Long> first = EpollSplice.spliceTo(source, sink);
        java.util.concurrent.Future<?> sending = rig.async(
                () -> link.source().send(link.forward(), 0, 32 * MIB, 64 * KIB)); // more than the kernel's queues hold
        link.sink().receive(link.forward(), 0, 2 * MIB);
        assertTrue(first.cancel(false));
        java.util.concurrent.Future<?> receiving =
                rig.async(() -> link.sink().receive(link.forward(), 2 * MIB, 32 * MIB));
        Await.until("it is as it was", () -> !source.config().getOption(ChannelOption.ALLOW_HALF_CLOSURE));
        Future<Long> second = EpollSplice.spliceTo(source, sink);
        Rig.await(receiving);
        Rig.await(sending);
        second.cancel(false);
    }

    @Test
    void shouldFailWhenTheSinkIsClosed() throws Exception {
        Future<Long> moved = EpollSplice.spliceTo(source, sink);
        link.carry(0, MIB, 64 * KIB);
        sink.close();
        assertInstanceOf(ClosedChannelException.class, moved.await().cause());
    }

    @Test
    void shouldFailWhenTheSourceIsReset() throws Exception {
        Future<Long> moved = EpollSplice.spliceTo(source, sink);
        link.carry(0, MIB, 64 * KIB);
        link.source().reset();
        assertInstanceOf(IOException.class, moved.await().cause());
    }

    @Test
    void shouldRefuseASecondTransferFromTheSameSource() throws Exception {
        Future<Long> first = EpollSplice.spliceTo(source, sink, MIB);
        Future<Long> second = EpollSplice.spliceTo(source, sink, MIB);
        assertInstanceOf(IllegalStateException.class, second.await().cause());
        link.carry(0, MIB, 64 * KIB);
        assertEquals(MIB, await(first));
    }

    @Test
    void shouldCloseASourceThatDoesNotHalfCloseAtItsEnd() throws Exception {
        Future<Long> moved = EpollSplice.spliceTo(source, sink);
        java.util.concurrent.Future<?> sent = rig.async(() -> {
            link.source().send(link.forward(), 0, MIB, 64 * KIB);
            link.source().halfClose();
        });
        link.sink().receive(link.forward(), 0, MIB);
        Rig.await(sent);
        assertEquals(MIB, await(moved));
        Await.until("the source is closed", () -> !source.isOpen());
        assertEquals(new Peer.Received(0, Peer.End.EOF), link.source().receiveToEnd(link.backward(), 0));
    }

    /** As what watches its sink's writability does. Netty takes back what was asked for when it is switched off. */
    @ParameterizedTest
    @CsvSource({"10000, true", "10000, false", "2000000, true", "2000000, false"})
    void shouldGoOnWhereSomebodySwitchesAutoRead(int bytes, boolean onLoop) throws Exception {
        EventExecutor executor = onLoop ? source.eventLoop() : ImmediateEventExecutor.INSTANCE;
        Future<Long> moved = EpollSplice.spliceTo(source, sink, 4L * bytes);
        link.carry(0, bytes, 64 * KIB);
        executor.submit(() -> source.config().setAutoRead(true)).sync();
        link.carry(bytes, 2L * bytes, 64 * KIB);
        executor.submit(() -> source.config().setAutoRead(false)).sync();
        link.carry(2L * bytes, 3L * bytes, 64 * KIB);
        executor.submit(() -> source.config().setAutoRead(true).setAutoRead(false))
                .sync();
        link.carry(3L * bytes, 4L * bytes, 64 * KIB);
        assertEquals(4L * bytes, await(moved));
    }
}
