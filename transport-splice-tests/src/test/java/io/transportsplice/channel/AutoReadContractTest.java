// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.transportsplice.testing.Baseline;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a channel reads, and when, if it reads by itself or is told to do so, or no more. */
@ExtendWith(Baseline.class)
@Timeout(60)
class AutoReadContractTest {

    private static final int SOME = 500;

    /** Keeps what is asked, until it is opened. */
    private static final class Gate extends ChannelOutboundHandlerAdapter {
        private ChannelHandlerContext ctx;
        private boolean open;
        private int reads;

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            ctx = context;
        }

        @Override
        public void read(ChannelHandlerContext context) {
            reads++;
            if (open) {
                context.read();
            }
        }

        void open(Channel ignored) {
            open = true;
            ctx.read();
        }
    }

    /** Not even where autoRead is on. But what has begun to read by itself goes on. */
    @Everywhere
    void shouldNotBeginToReadWhileAHandlerKeepsIt(Variant variant) throws Exception {
        Gate gate = new Gate();
        try (Stage stage = new Stage(variant).user(gate)) {
            stage.start();
            stage.send(SOME);
            if (variant.isThereWhenActive()) {
                stage.expectNoMore(0);
                assertEquals(1, gate.reads);
                stage.onLoop(gate::open);
            }
            stage.awaitReceived();
        }
    }

    @Everywhere
    void shouldReadNothingOnceAutoReadIsOff(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant)) {
            stage.start(channel -> channel.config().setAutoRead(false));
            stage.send(SOME);
            stage.expectNoMore(0);
            stage.onLoop(channel -> channel.config().setAutoRead(true));
            stage.awaitReceived();
        }
    }

    @Everywhere
    void shouldDeliverNoMoreThanTheMessageAtWhichAutoReadIsSwitchedOff(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant)) {
            stage.recorder().when("read", channel -> channel.config().setAutoRead(false));
            stage.start();
            for (int i = 1; i <= 3; i++) {
                stage.send(SOME);
                stage.awaitReceived();
                stage.send(SOME);
                stage.expectNoMore(2 * i - 1);
                stage.onLoop(channel -> channel.config().setAutoRead(true));
                stage.awaitReceived();
                stage.expectNoMore(2 * i);
                stage.onLoop(channel -> channel.config().setAutoRead(true));
            }
        }
    }

    /** The loop may be about to read when it happens. */
    @Everywhere
    void shouldReadOneMessageMoreAtMostWhenAnotherThreadSwitchesAutoReadOff(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant)) {
            stage.start();
            for (int i = 0; i < 4; i++) {
                stage.channel().config().setAutoRead(false);
                int before = stage.recorder().messages();
                stage.send(SOME);
                stage.send(SOME);
                stage.settleLoop();
                assertTrue(stage.recorder().messages() <= before + 1);
                stage.channel().config().setAutoRead(true);
                stage.awaitReceived();
            }
        }
    }

    /** Netty takes an outstanding read back when autoRead is switched off. */
    @Everywhere
    void shouldForgetAReadWhenAutoReadIsSwitchedOffAfterIt(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant)) {
            stage.start(channel -> {
                channel.read();
                channel.config().setAutoRead(false);
            });
            stage.send(SOME);
            stage.expectNoMore(0);
            stage.onLoop(Channel::read);
            stage.awaitReceived();
        }
    }

    @Everywhere
    void shouldRememberAReadThatFollowsSwitchingAutoReadOff(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant)) {
            stage.start(channel -> {
                channel.config().setAutoRead(false);
                channel.read();
            });
            stage.send(SOME);
            stage.awaitReceived();
            stage.send(SOME);
            stage.expectNoMore(stage.recorder().messages());
        }
    }
}
