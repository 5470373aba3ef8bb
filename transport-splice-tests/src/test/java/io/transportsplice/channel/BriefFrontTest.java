// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.transportsplice.SpliceOptions.Policy;
import io.transportsplice.channel.Variant.Arrival;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Family;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A read() that meets a handler in front in the moments in which the handler is adopted. */
@ExtendWith(Baseline.class)
@Timeout(60)
class BriefFrontTest {
    private static final int SOME = 500;

    private static Stage stage(Policy policy, boolean wrapped) {
        return new Stage(new Variant(policy, wrapped, Arrival.START, false, Family.TCP, true)).noAutoRead();
    }

    private static void expectOne(Stage stage) throws Exception {
        stage.settleLoop();
        stage.send(SOME);
        stage.awaitReceived();
        stage.send(SOME);
        stage.expectNoMore(1);
        stage.onLoop(Channel::read);
        stage.awaitReceived();
    }

    /** Reads in front of all others, and leaves before anything comes by. */
    private static final class Brief extends ChannelInboundHandlerAdapter {
        private final boolean isEarly;

        /** @param isEarly gone before the channel is active */
        Brief(boolean isEarly) {
            this.isEarly = isEarly;
        }

        @Override
        public void channelRegistered(ChannelHandlerContext ctx) {
            ctx.read();
            ctx.fireChannelRegistered();
            if (isEarly) {
                ctx.pipeline().remove(this);
            }
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            ctx.fireChannelActive();
            ctx.pipeline().remove(this);
            ctx.fireChannelReadComplete(); // as a decoder does that still had something
        }
    }

    @ParameterizedTest
    @CsvSource({
        "NEVER, false, true",
        "AUTO, false, true",
        "ALWAYS, false, true",
        "ALWAYS, true, true",
        "NEVER, false, false",
        "AUTO, false, false",
        "ALWAYS, false, false",
        "ALWAYS, true, false"
    })
    void shouldServeAReadFromBeforeTheChannelWasActive(Policy policy, boolean wrapped, boolean isEarly)
            throws Exception {
        ChannelInboundHandlerAdapter user = new ChannelInboundHandlerAdapter() {
            @Override
            public void handlerAdded(ChannelHandlerContext ctx) {
                ctx.pipeline().addFirst(new Brief(isEarly));
            }
        };
        try (Stage stage = stage(policy, wrapped).user(user)) {
            stage.start();
            expectOne(stage);
        }
    }

    @ParameterizedTest
    @CsvSource({"NEVER, false", "AUTO, false", "ALWAYS, false", "NEVER, true", "AUTO, true", "ALWAYS, true"})
    void shouldServeAReadThatPassesOneWhoLeavesAtOnce(Policy policy, boolean wrapped) throws Exception {
        try (Stage stage = stage(policy, wrapped)) {
            stage.start(channel -> {
                channel.pipeline().addFirst("front", new ChannelInboundHandlerAdapter());
                channel.read();
                channel.pipeline().remove("front");
            });
            expectOne(stage);
        }
    }

    private static final class Keeper extends ChannelOutboundHandlerAdapter {
        @Override
        public void read(ChannelHandlerContext ctx) {
            // never
        }
    }

    @ParameterizedTest
    @CsvSource({"NEVER, false", "AUTO, false", "ALWAYS, false", "NEVER, true", "AUTO, true", "ALWAYS, true"})
    void shouldServeAReadFromBeforeOneWhoKeepsTheNext(Policy policy, boolean wrapped) throws Exception {
        try (Stage stage = stage(policy, wrapped)) {
            stage.start(channel -> {
                channel.read();
                channel.pipeline().addFirst("front", new Keeper());
                channel.read();
            });
            stage.settleLoop();
            stage.onLoop(channel -> channel.pipeline().remove("front"));
            expectOne(stage);
        }
    }

    /** As it may hand on nothing unasked. */
    private static final class Counter extends ChannelOutboundHandlerAdapter {
        private int reads;

        @Override
        public void read(ChannelHandlerContext ctx) {
            reads++;
            ctx.read();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldShowItAReadWhileItSplices(boolean wrapped) throws Exception {
        Counter counter = new Counter();
        Variant splicing = new Variant(Policy.ALWAYS, wrapped, Arrival.START, true, Family.TCP, true);
        try (Stage stage = new Stage(splicing).noAutoRead()) {
            stage.start(channel -> {
                channel.pipeline().addFirst(counter);
                channel.read();
                assertEquals(1, counter.reads);
            });
            stage.send(SOME);
            stage.awaitReceived();
        }
    }
}
