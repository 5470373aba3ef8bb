// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.transportsplice.testing.Baseline;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a channel reads, and when. */
@ExtendWith(Baseline.class)
@Timeout(60)
class ReadContractTest {

    /** One message's. */
    private static final int SOME = 500;
    /** More than Netty puts into its first message. */
    private static final int MUCH = 150_000;

    @Everywhere
    void shouldReadAllThatComes(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant)) {
            stage.start();
            for (int i = 0; i < 5; i++) {
                stage.send(SOME);
                stage.awaitReceived();
            }
            stage.send(MUCH);
            stage.awaitReceived();
            stage.awaitEvents("registered active read complete");
        }
    }

    @Everywhere
    void shouldReadNothingWithoutAutoRead(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).noAutoRead()) {
            stage.start();
            stage.send(SOME);
            stage.expectNoMore(0);
            assertEquals("registered active", stage.events());
        }
    }

    @Everywhere
    void shouldDeliverOneMessageForOneRead(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).noAutoRead()) {
            stage.start(Channel::read);
            for (int i = 1; i <= 3; i++) {
                stage.send(SOME);
                stage.awaitReceived();
                stage.expectNoMore(i);
                stage.onLoop(Channel::read);
            }
        }
    }

    /** A read is wanted or not: twice is once. */
    @Everywhere
    void shouldDeliverOneMessageForTwoReads(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).noAutoRead()) {
            stage.start(channel -> {
                channel.read();
                channel.read();
            });
            stage.send(MUCH);
            stage.awaitEvents("registered active read complete");
            stage.expectNoMore(1);
        }
    }

    @Everywhere
    void shouldDeliverWhatWasThereBeforeTheRead(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).noAutoRead()) {
            stage.start();
            stage.send(SOME);
            stage.settleLoop();
            stage.onLoop(Channel::read);
            stage.awaitReceived();
        }
    }

    @Everywhere
    void shouldGoOnWhenReadIsCalledInChannelRead(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).noAutoRead()) {
            stage.recorder().when("read", Channel::read);
            stage.start(Channel::read);
            stage.send(MUCH);
            stage.awaitReceived();
            stage.send(SOME);
            stage.awaitReceived();
        }
    }

    @Everywhere
    void shouldGoOnWhenReadIsCalledInChannelReadComplete(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).noAutoRead()) {
            stage.recorder().when("complete", Channel::read);
            stage.start(Channel::read);
            stage.send(MUCH);
            stage.awaitReceived();
            stage.send(SOME);
            stage.awaitReceived();
        }
    }

    @Everywhere
    void shouldDeliverAsManyMessagesAsReads(Variant variant) throws Exception {
        AtomicInteger reads = new AtomicInteger();
        try (Stage stage = new Stage(variant).noAutoRead()) {
            stage.recorder().when("complete", channel -> {
                if (reads.incrementAndGet() < 3) {
                    channel.read();
                }
            });
            stage.start(Channel::read);
            for (int i = 1; i <= 3; i++) {
                stage.send(SOME);
                stage.awaitReceived();
            }
            stage.send(SOME);
            stage.expectNoMore(3);
        }
    }

    @Everywhere
    void shouldGoOnReadingAfterAnExceptionInChannelRead(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant)) {
            stage.recorder().when("read", channel -> {
                throw new UnsupportedOperationException("the user's");
            });
            stage.start();
            stage.send(SOME);
            stage.awaitReceived();
            stage.awaitEvents("registered active read UnsupportedOperationException");
            stage.recorder().when("read", channel -> {});
            stage.send(SOME);
            stage.awaitReceived();
            stage.awaitEvents("registered active read UnsupportedOperationException read complete");
        }
    }

    @Everywhere
    void shouldGoOnReadingAfterAnExceptionInChannelReadComplete(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant)) {
            stage.recorder().when("complete", channel -> {
                throw new UnsupportedOperationException("the user's");
            });
            stage.start();
            stage.send(SOME);
            stage.awaitEvents("registered active read complete UnsupportedOperationException");
            stage.recorder().when("complete", channel -> {});
            stage.send(SOME);
            stage.awaitEvents("registered active read complete UnsupportedOperationException read complete");
        }
    }

    /** A handler that asks for reads when it likes, not when it is asked. */
    @Everywhere
    void shouldReadOnlyWhenAHandlerLetsItsReadsPass(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).noAutoRead().user(new ChannelOutboundHandlerAdapter() {
            @Override
            public void read(ChannelHandlerContext ctx) {
                // later, perhaps
            }
        })) {
            stage.start(Channel::read);
            stage.send(SOME);
            stage.expectNoMore(0);
        }
    }

    /** STARTTLS, for one, is put in front of all others and reads. */
    @Everywhere
    void shouldServeAHandlerInFrontOfAllOthers(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).noAutoRead()) {
            stage.start(channel -> channel.pipeline().addFirst("front", new ChannelInboundHandlerAdapter()));
            stage.send(SOME);
            stage.onLoop(channel -> channel.pipeline().context("front").read());
            stage.awaitReceived();
            stage.send(SOME);
            stage.expectNoMore(stage.recorder().messages());
            stage.onLoop(channel -> channel.pipeline().remove("front"));
            stage.onLoop(Channel::read);
            stage.awaitReceived();
        }
    }

    /** That was not read from the socket, and is followed by no channelReadComplete. */
    @Everywhere
    void shouldGoOnReadingAfterAMessageFromElsewhere(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).noAutoRead()) {
            stage.start(Channel::read);
            stage.onLoop(channel -> channel.pipeline().fireChannelRead(stage.bytes(0)));
            stage.send(SOME);
            stage.awaitReceived();
            stage.onLoop(channel -> channel.config().setAutoRead(true));
            stage.onLoop(channel -> channel.pipeline().fireChannelRead(stage.bytes(0)));
            stage.send(SOME);
            stage.awaitReceived();
        }
    }

    /** The same, with one: whoever replays what he had kept, in the moment in which he asks for more. */
    @Everywhere
    void shouldGoOnReadingAfterABurstFromElsewhere(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).noAutoRead()) {
            stage.start(channel -> {
                channel.read();
                channel.pipeline().fireChannelRead(stage.bytes(0));
                channel.pipeline().fireChannelReadComplete();
            });
            stage.send(SOME);
            stage.awaitReceived();
            stage.send(SOME);
            stage.expectNoMore(stage.recorder().messages());
        }
    }
}
