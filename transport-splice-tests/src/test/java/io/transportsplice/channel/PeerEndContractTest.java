// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DuplexChannel;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Family;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a channel tells of its peer's end. */
@ExtendWith(Baseline.class)
@Timeout(60)
class PeerEndContractTest {

    private static final int SOME = 500;
    private static final int MUCH = 150_000;
    private static final int TOO_MUCH = 32 << 20;
    private static final String CLOSED = " inactive unregistered removed";
    private static final String HALF_CLOSED = " inputShutdown inputReadComplete";

    @Everywhere
    void shouldCloseAtItsPeersEnd(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant)) {
            stage.start();
            stage.peer().close();
            stage.awaitEvents("registered active" + CLOSED);
        }
    }

    @Everywhere
    void shouldCloseAfterTheLastByte(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant)) {
            stage.start();
            stage.send(MUCH);
            stage.peer().close();
            stage.awaitReceived();
            stage.awaitEvents("registered active read complete" + CLOSED);
        }
    }

    @Everywhere
    void shouldTellOfAHalfCloseOnceAndInOrder(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).halfClosing()) {
            stage.start();
            stage.send(MUCH);
            stage.peer().halfClose();
            stage.awaitReceived();
            stage.awaitEvents("registered active read complete" + HALF_CLOSED);
            stage.onLoop(channel -> channel.writeAndFlush(stage.bytes(MUCH)));
            stage.peer().receive(stage.outgoing(), 0, MUCH);
            stage.settleLoop();
            assertEquals("registered active read complete" + HALF_CLOSED, stage.events());
            assertTrue(((DuplexChannel) stage.channel()).isInputShutdown());
            stage.channel().close();
            stage.awaitEvents("registered active read complete" + HALF_CLOSED + CLOSED);
        }
    }

    @Everywhere
    void shouldTellOfAHalfCloseWithoutAByte(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).halfClosing()) {
            stage.start();
            stage.peer().halfClose();
            stage.awaitEvents("registered active" + HALF_CLOSED);
            stage.onLoop(channel -> channel.writeAndFlush(stage.bytes(SOME)).addListener(done -> channel.close()));
            CloseContractTest.expectAllWritten(stage);
            stage.awaitEvents("registered active" + HALF_CLOSED + CLOSED);
        }
    }

    @Everywhere
    void shouldBeFullyClosedWhenBothSidesHaveHalfClosed(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).halfClosing()) {
            stage.recorder().when("inputReadComplete", channel -> ((DuplexChannel) channel).shutdownOutput());
            stage.start();
            stage.send(SOME);
            stage.peer().halfClose();
            stage.awaitEvents("registered active read complete" + HALF_CLOSED + " outputShutdown");
            CloseContractTest.expectAllWritten(stage);
            stage.settleLoop();
            assertEquals("registered active read complete" + HALF_CLOSED + " outputShutdown", stage.events());
            stage.channel().close();
            stage.awaitEvents("registered active read complete" + HALF_CLOSED + " outputShutdown" + CLOSED);
        }
    }

    /** Netty tells at once, with the one message that its look at the socket brings. */
    @Everywhere
    void shouldTellOfAnEndWithoutAutoReadWhenNothingIsUnread(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).noAutoRead().halfClosing()) {
            stage.start();
            stage.peer().halfClose();
            stage.awaitEvents("registered active" + HALF_CLOSED);
        }
    }

    @Everywhere
    void shouldCloseWithoutAutoReadWhenNothingIsUnread(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).noAutoRead()) {
            stage.start();
            stage.peer().close();
            stage.awaitEvents("registered active" + CLOSED);
        }
    }

    /** Much, which the peer does not read: who waits for it to be written may learn that it never will be. */
    @Everywhere
    void shouldTellOfAnEndWithoutAutoReadWhileOutputWaits(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).noAutoRead().halfClosing()) {
            stage.start();
            stage.onLoop(channel -> channel.writeAndFlush(stage.bytes(TOO_MUCH)));
            Await.until("output waits", () -> !stage.channel().isWritable());
            stage.settleLoop();
            stage.peer().halfClose();
            stage.awaitEvents("registered active" + HALF_CLOSED);
        }
    }

    @Everywhere
    void shouldCloseWithoutAutoReadWhileOutputWaits(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).noAutoRead()) {
            stage.start();
            stage.onLoop(channel -> channel.writeAndFlush(stage.bytes(TOO_MUCH)));
            Await.until("output waits", () -> !stage.channel().isWritable());
            stage.settleLoop();
            stage.peer().halfClose();
            stage.awaitEvents("registered active" + CLOSED);
        }
    }

    /** Reads that are asked for bring all bytes first, and then the end. */
    @Everywhere
    void shouldNotTellOfAnEndWithoutAutoReadBeforeTheLastByte(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).noAutoRead().halfClosing()) {
            stage.start();
            stage.send(MUCH);
            stage.peer().halfClose();
            readUntil(stage, "registered active read complete" + HALF_CLOSED);
            stage.awaitReceived();
        }
    }

    @Everywhere
    void shouldCloseWithoutAutoReadAfterTheLastByte(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).noAutoRead()) {
            stage.start();
            stage.send(MUCH);
            stage.peer().close();
            readUntil(stage, "registered active read complete" + CLOSED);
            stage.awaitReceived();
        }
    }

    /** It has streamed, autoRead is switched off, and only then the peer ends. */
    @Everywhere
    void shouldTellOfAnEndAfterAutoReadWasSwitchedOff(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant)) {
            stage.start();
            stage.send(MUCH);
            stage.awaitReceived();
            stage.onLoop(channel -> channel.config().setAutoRead(false));
            stage.peer().close();
            stage.awaitEvents("registered active read complete" + CLOSED);
        }
    }

    private static void readUntil(Stage stage, String events) {
        Await.until(
                "by reading: " + events,
                () -> {
                    stage.channel().eventLoop().submit(() -> readOn(stage)).syncUninterruptibly();
                    return stage.events();
                },
                events::equals);
    }

    /** After the end Netty's own channel may fail when it is asked to read: it has lost its registration. */
    private static void readOn(Stage stage) {
        if (!stage.events().contains(HALF_CLOSED)) {
            stage.channel().read();
        }
    }

    @EverywhereOnTcp
    void shouldTellOfAReset(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant)) {
            stage.start();
            stage.peer().reset();
            stage.awaitEvents("registered active NativeIoException" + CLOSED);
        }
    }

    @EverywhereOnTcp
    void shouldTellOfAResetWhenHalfClosing(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).halfClosing()) {
            stage.start();
            stage.send(SOME);
            stage.awaitReceived();
            stage.peer().reset();
            stage.awaitEvents("registered active read complete NativeIoException" + HALF_CLOSED);
        }
    }

    /** So that it is a read that meets the reset, and not epoll. */
    @EverywhereOnTcp
    void shouldTellOfAResetThatComesWhileItReadsAndHalfCloses(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).halfClosing()) {
            AtomicBoolean reset = new AtomicBoolean();
            stage.start(any -> stage.recorder().when("read", channel -> {
                if (reset.compareAndSet(false, true)) {
                    stage.peer().reset();
                }
            }));
            stage.send(MUCH);
            stage.awaitEvents("registered active read complete NativeIoException" + HALF_CLOSED);
        }
    }

    @EverywhereOnTcp
    void shouldTellOfAResetWithoutAutoRead(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).noAutoRead()) {
            stage.start();
            stage.send(SOME);
            stage.settleLoop();
            stage.peer().reset();
            Await.until("it is closed", stage::events, events -> events.endsWith(CLOSED));
            assertTrue(stage.events().contains("NativeIoException"), stage::events);
        }
    }

    /** A write that fails closes the channel, if it is to close by itself. */
    @Everywhere
    void shouldCloseWhenAWriteFails(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).noAutoRead()) {
            stage.start();
            stage.peer().close();
            if (variant.family() == Family.TCP) {
                stage.channel().writeAndFlush(stage.bytes(SOME)).await();
            }
            Await.until(
                    "a write fails",
                    () -> !stage.channel()
                            .writeAndFlush(stage.bytes(SOME))
                            .awaitUninterruptibly()
                            .isSuccess());
            Await.until("it is closed", stage::events, events -> events.endsWith(CLOSED));
        }
    }

    @Everywhere
    void shouldNotCloseWhenAWriteFailsWithoutAutoClose(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).halfClosing().noAutoRead().option(ChannelOption.AUTO_CLOSE, false)) {
            stage.start();
            stage.peer().close();
            Await.until(
                    "a write fails",
                    () -> !stage.channel()
                            .writeAndFlush(stage.bytes(SOME))
                            .awaitUninterruptibly()
                            .isSuccess());
            stage.settleLoop();
            assertTrue(stage.events().contains("outputShutdown"), stage::events);
            stage.onLoop(Channel::close);
            Await.until("it is closed", stage::events, events -> events.endsWith(CLOSED));
        }
    }
}
