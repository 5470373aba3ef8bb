// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** How a channel ends from its own side. */
@ExtendWith(Baseline.class)
@Timeout(60)
class CloseContractTest {

    /** Fits into every socket's send buffer. */
    private static final int SOME = 20_000;

    private static final String LIFE = "registered active inactive unregistered removed";

    static void expectAllWritten(Stage stage) {
        Received received = stage.peer().receiveToEnd(stage.outgoing(), 0);
        assertEquals(new Received(stage.written(), End.EOF), received);
    }

    @Everywhere
    void shouldLoseNothingWhenACloseFollowsAFlush(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant)) {
            stage.start(channel -> {
                channel.writeAndFlush(stage.bytes(SOME));
                channel.close();
            });
            expectAllWritten(stage);
            stage.awaitEvents(LIFE);
        }
    }

    @Everywhere
    void shouldLoseNothingWhenAnotherThreadFlushesAndCloses(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant)) {
            stage.start(channel -> CompletableFuture.runAsync(() -> {
                        channel.writeAndFlush(stage.bytes(SOME));
                        channel.close();
                    })
                    .join());
            expectAllWritten(stage);
            stage.awaitEvents(LIFE);
        }
    }

    @Everywhere
    void shouldLoseNothingWhenClosedByTheListenerOfALongWrite(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant)) {
            stage.start(
                    channel -> channel.writeAndFlush(stage.bytes(3_000_000)).addListener(ChannelFutureListener.CLOSE));
            expectAllWritten(stage);
            stage.awaitEvents(LIFE);
        }
    }

    @Everywhere
    void shouldLoseNothingWhenItsPeersEndIsAnsweredAndClosed(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).halfClosing()) {
            stage.recorder().when("inputShutdown", channel -> {
                channel.writeAndFlush(stage.bytes(SOME));
                channel.close();
            });
            stage.start();
            stage.peer().halfClose();
            expectAllWritten(stage);
            stage.awaitEvents("registered active inputShutdown inactive unregistered removed");
        }
    }

    @Everywhere
    void shouldSendDataAndThenFin(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).halfClosing()) {
            stage.start(channel -> {
                channel.writeAndFlush(stage.bytes(SOME));
                ((DuplexChannel) channel).shutdownOutput();
            });
            expectAllWritten(stage);
            assertTrue(((DuplexChannel) stage.channel()).isOutputShutdown());
            stage.send(SOME);
            stage.awaitReceived();
            stage.awaitEvents("registered active outputShutdown read complete");
            stage.peer().close();
            stage.awaitEvents("registered active outputShutdown read complete inputShutdown inputReadComplete");
        }
    }

    @Everywhere
    void shouldFailWritesAfterShutdownOfTheOutput(Variant variant) throws Exception {
        List<Throwable> causes = new ArrayList<>();
        try (Stage stage = new Stage(variant)) {
            stage.start(channel -> {
                ChannelFuture unflushed = channel.write(stage.bytes(SOME));
                ((DuplexChannel) channel).shutdownOutput();
                ChannelFuture late = channel.writeAndFlush(stage.bytes(SOME));
                causes.add(unflushed.cause());
                causes.add(late.cause());
                channel.flush();
            });
            assertEquals(new Received(0, End.EOF), stage.peer().receiveToEnd(stage.outgoing(), 0));
            assertEquals(
                    "ChannelOutputShutdownException", causes.get(0).getClass().getSimpleName());
            assertInstanceOf(ClosedChannelException.class, causes.get(1));
            stage.awaitEvents("registered active outputShutdown");
        }
    }

    @Everywhere
    void shouldFailWhatWasNotFlushedWhenClosed(Variant variant) throws Exception {
        List<ChannelFuture> writes = new ArrayList<>();
        try (Stage stage = new Stage(variant)) {
            stage.start(channel -> {
                writes.add(channel.write(stage.bytes(SOME)));
                writes.add(channel.close());
                writes.add(channel.write(stage.bytes(SOME)));
                writes.add(channel.close());
            });
            assertEquals(new Received(0, End.EOF), stage.peer().receiveToEnd(stage.outgoing(), 0));
            stage.awaitEvents(LIFE);
            assertInstanceOf(ClosedChannelException.class, writes.get(0).await().cause());
            assertTrue(writes.get(1).await().isSuccess());
            assertInstanceOf(ClosedChannelException.class, writes.get(2).await().cause());
            assertTrue(writes.get(3).await().isSuccess());
        }
    }

    @Everywhere
    void shouldFailWhatIsWaitingWhenClosed(Variant variant) throws Exception {
        List<ChannelFuture> writes = new ArrayList<>();
        try (Stage stage = new Stage(variant)) {
            stage.start(channel -> {
                for (int i = 0; i < 10; i++) {
                    writes.add(channel.writeAndFlush(stage.bytes(1_000_000)));
                }
            });
            Await.until(
                    "the socket takes no more",
                    () -> stage.channel().unsafe().outboundBuffer().size() > 0);
            stage.channel().close();
            stage.awaitEvents(LIFE);
            assertInstanceOf(ClosedChannelException.class, writes.get(9).await().cause());
        }
    }

    @Everywhere
    void shouldDoAllThatIsAskedInARow(Variant variant) throws Exception {
        List<ChannelFuture> done = new ArrayList<>();
        try (Stage stage = new Stage(variant).halfClosing()) {
            stage.start(channel -> {
                done.add(channel.writeAndFlush(stage.bytes(SOME)));
                done.add(((DuplexChannel) channel).shutdown());
                done.add(channel.disconnect());
                done.add(channel.close());
                done.add(channel.deregister());
            });
            expectAllWritten(stage);
            for (ChannelFuture future : done) {
                assertTrue(future.await().isSuccess(), () -> future + " of " + done);
            }
            stage.awaitEvents("registered active outputShutdown inactive unregistered removed");
        }
    }

    @Everywhere
    void shouldTellOfTheShutdownOfItsInput(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).halfClosing()) {
            stage.start(channel -> ((DuplexChannel) channel).shutdownInput());
            stage.awaitEvents("registered active inputReadComplete");
            assertTrue(((DuplexChannel) stage.channel()).isInputShutdown());
            stage.onLoop(channel -> channel.writeAndFlush(stage.bytes(SOME)));
            stage.onLoop(Channel::close);
            expectAllWritten(stage);
        }
    }

    /** What handlers hear of a close, they hear from the inside out. */
    @Everywhere
    void shouldLetAHandlerHoldACloseBack(Variant variant) throws Exception {
        List<Runnable> held = new ArrayList<>();
        try (Stage stage = new Stage(variant).user(new ChannelOutboundHandlerAdapter() {
            @Override
            public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
                held.add(() -> ctx.close(promise));
            }
        })) {
            stage.start(Channel::close);
            stage.onLoop(channel -> {
                channel.writeAndFlush(stage.bytes(SOME));
                held.get(0).run();
                held.clear();
            });
            expectAllWritten(stage);
            stage.awaitEvents(LIFE);
        }
    }
}
