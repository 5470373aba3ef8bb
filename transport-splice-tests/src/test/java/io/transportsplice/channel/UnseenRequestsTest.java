// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.SpliceOptions.Policy;
import io.transportsplice.channel.Variant.Arrival;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Family;
import io.transportsplice.testing.Rig;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A read(), or a deregistration, that the handler could not see, or that nobody has made: before and while it adopts. */
@ExtendWith(Baseline.class)
@Timeout(60)
class UnseenRequestsTest {
    private static final int SOME = 500;

    /** Which has not been adopted yet when the test begins. */
    private static Variant fresh(Policy policy, boolean wrapped) {
        return new Variant(policy, wrapped, Arrival.START, false, Family.TCP, true);
    }

    /** Puts another in front of all before the channel is active. */
    private static ChannelHandler inFront(ChannelHandler front) {
        return new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRegistered(ChannelHandlerContext ctx) {
                ctx.pipeline().addFirst(front);
                ctx.fireChannelRegistered();
            }
        };
    }

    /** Leaves at the second message, as a decoder that has its header. */
    private static final class Leaving extends ChannelInboundHandlerAdapter {
        private final boolean stays;
        private int messages;

        /** @param stays until the message has been read */
        Leaving(boolean stays) {
            this.stays = stays;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            messages++;
            leaveIf(!stays, ctx);
            ctx.fireChannelRead(message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            leaveIf(stays, ctx);
            ctx.fireChannelReadComplete();
        }

        private void leaveIf(boolean now, ChannelHandlerContext ctx) {
            if (now && messages == 2) {
                ctx.pipeline().remove(this);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "NEVER, false, false",
        "AUTO, false, true",
        "ALWAYS, false, true",
        "NEVER, true, true",
        "AUTO, true, false"
    })
    void shouldReadNothingUnaskedOnceThoseInFrontHaveLeft(Policy policy, boolean wrapped, boolean stays)
            throws Exception {
        try (Stage stage = new Stage(fresh(policy, wrapped)).noAutoRead().user(inFront(new Leaving(stays)))) {
            stage.start();
            for (int i = 1; i <= 3; i++) {
                stage.send(SOME);
                stage.expectNoMore(i - 1);
                stage.onLoop(Channel::read);
                stage.awaitReceived();
            }
            stage.send(SOME);
            stage.expectNoMore(3);
            stage.onLoop(Channel::read);
            stage.awaitReceived();
        }
    }

    @ParameterizedTest
    @CsvSource({"NEVER, false", "AUTO, false", "ALWAYS, false", "NEVER, true", "AUTO, true", "ALWAYS, true"})
    void shouldReadNothingUnaskedWhereItIsRemovedAtOnce(Policy policy, boolean wrapped) throws Exception {
        try (Stage stage = new Stage(fresh(policy, wrapped)).noAutoRead()) {
            stage.start(channel -> channel.pipeline().remove(EpollSpliceHandler.class));
            stage.send(SOME);
            stage.settleLoop();
            assertEquals(0, stage.recorder().messages());
            stage.onLoop(Channel::read);
            stage.awaitReceived();
        }
    }

    /** It comes, or another comes in its place, when the channel is registered and not active yet. */
    @ParameterizedTest
    @CsvSource({"NEVER, false", "AUTO, false", "ALWAYS, false", "NEVER, true", "AUTO, true", "ALWAYS, true"})
    void shouldServeAReadFromBeforeItCame(Policy policy, boolean replaces) throws Exception {
        ChannelInboundHandlerAdapter user = new ChannelInboundHandlerAdapter() {
            @Override
            public void handlerAdded(ChannelHandlerContext ctx) {
                ctx.channel().read();
            }

            @Override
            public void channelRegistered(ChannelHandlerContext ctx) {
                if (replaces) {
                    ctx.pipeline().remove(EpollSpliceHandler.class);
                }
                ctx.pipeline().addFirst(fresh(policy, false).newHandler());
                ctx.fireChannelRegistered();
            }
        };
        Variant variant = replaces ? fresh(policy, false) : fresh(null, false);
        try (Stage stage = new Stage(variant).noAutoRead().user(user)) {
            stage.start();
            stage.settleLoop();
            stage.send(SOME);
            stage.awaitReceived();
        }
    }

    /** As Reactor Netty's HttpServer, whose users add theirs behind it. */
    @ParameterizedTest
    @CsvSource({"NEVER, false", "AUTO, false", "ALWAYS, false", "NEVER, true", "AUTO, true", "ALWAYS, true"})
    void shouldServeAReadThatAnInitializerMakesBeforeItComes(Policy policy, boolean wrapped) throws Exception {
        ChannelInboundHandlerAdapter user = new ChannelInboundHandlerAdapter() {
            @Override
            public void handlerAdded(ChannelHandlerContext ctx) {
                ctx.read();
                ctx.pipeline().addFirst(fresh(policy, wrapped).newHandler());
            }
        };
        try (Stage stage = new Stage(fresh(null, wrapped)).noAutoRead().user(user)) {
            stage.start();
            stage.settleLoop();
            stage.send(SOME);
            stage.awaitReceived();
            stage.send(SOME);
            stage.expectNoMore(1);
        }
    }

    @ParameterizedTest
    @CsvSource({"NEVER, false", "AUTO, false", "ALWAYS, false", "NEVER, true", "AUTO, true", "ALWAYS, true"})
    void shouldNotAdoptWhatIsTakenOffItsLoopInHandlerAdded(Policy policy, boolean wrapped) throws Exception {
        CompletableFuture<Void> unregistered = new CompletableFuture<>();
        ChannelInboundHandlerAdapter user = new ChannelInboundHandlerAdapter() {
            @Override
            public void handlerAdded(ChannelHandlerContext ctx) {
                ctx.pipeline().addFirst(fresh(policy, wrapped).newHandler());
                ctx.channel().deregister();
            }

            @Override
            public void channelUnregistered(ChannelHandlerContext ctx) {
                unregistered.complete(null);
                ctx.fireChannelUnregistered();
            }
        };
        try (Stage stage = new Stage(fresh(null, wrapped)).user(user)) {
            stage.start();
            Rig.await(unregistered);
            stage.send(SOME);
            assertEquals(false, stage.channel().isRegistered());
            stage.sameLoop().register(stage.channel()).sync();
            stage.awaitReceived();
        }
    }

    /** Between the two tasks of its adoption. */
    @ParameterizedTest
    @CsvSource({"NEVER, false", "AUTO, false", "ALWAYS, false", "NEVER, true", "AUTO, true", "ALWAYS, true"})
    void shouldReadWhatIsAskedWhereItIsRemovedWhileItAdopts(Policy policy, boolean asks) throws Exception {
        try (Stage stage = new Stage(fresh(policy, false)).noAutoRead()) {
            stage.start(channel -> channel.eventLoop().execute(() -> {
                channel.pipeline().remove(EpollSpliceHandler.class);
                if (asks) {
                    channel.read();
                }
            }));
            stage.send(SOME);
            if (!asks) {
                stage.expectNoMore(0);
                stage.onLoop(Channel::read);
            }
            stage.awaitReceived();
        }
    }

    /** A read() in front of it, by one who leaves before anything comes by. */
    @ParameterizedTest
    @CsvSource({"NEVER, false", "AUTO, false", "ALWAYS, false", "NEVER, true", "AUTO, true", "ALWAYS, true"})
    void shouldServeAReadOfOneWhoHasLeft(Policy policy, boolean wrapped) throws Exception {
        ChannelInboundHandlerAdapter front = new ChannelInboundHandlerAdapter() {
            @Override
            public void channelActive(ChannelHandlerContext ctx) {
                ctx.read();
                ctx.fireChannelActive();
                ctx.pipeline().remove(this);
            }
        };
        try (Stage stage = new Stage(fresh(policy, wrapped)).noAutoRead().user(inFront(front))) {
            stage.start();
            stage.settleLoop();
            stage.send(SOME);
            stage.awaitReceived();
        }
    }

    /** Asks for more in the message with which it leaves. What it still had passes as if it had been read just now. */
    private static final class LeavingDecoder extends ByteToMessageDecoder {
        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            ctx.read();
            ctx.fireChannelActive();
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
            ctx.read();
            ctx.pipeline().remove(this);
        }
    }

    @ParameterizedTest
    @CsvSource({"NEVER, false", "AUTO, false", "ALWAYS, false", "NEVER, true", "AUTO, true", "ALWAYS, true"})
    void shouldServeAReadOfADecoderThatHasLeft(Policy policy, boolean wrapped) throws Exception {
        try (Stage stage = new Stage(fresh(policy, wrapped)).noAutoRead().user(inFront(new LeavingDecoder()))) {
            stage.start();
            stage.send(SOME);
            stage.awaitReceived();
            stage.send(SOME);
            stage.awaitReceived();
            stage.send(SOME);
            stage.expectNoMore(2);
            stage.onLoop(Channel::read);
            stage.awaitReceived();
        }
    }

    /** Keeps back so many reads. */
    private static ChannelHandler keeper(int count) {
        return new ChannelOutboundHandlerAdapter() {
            private int left = count;

            @Override
            public void read(ChannelHandlerContext ctx) {
                if (left-- <= 0) {
                    ctx.read();
                }
            }
        };
    }

    @ParameterizedTest
    @CsvSource({"NEVER, false", "AUTO, false", "ALWAYS, false", "NEVER, true", "AUTO, true", "ALWAYS, true"})
    void shouldShowEachReadToThoseInFront(Policy policy, boolean wrapped) throws Exception {
        try (Stage stage = new Stage(fresh(policy, wrapped)).user(inFront(keeper(1)))) {
            stage.start(Channel::read); // and autoRead makes another
            stage.send(SOME);
            stage.awaitReceived();
        }
    }

    @ParameterizedTest
    @CsvSource({"NEVER, false", "AUTO, false", "ALWAYS, false", "NEVER, true", "AUTO, true", "ALWAYS, true"})
    void shouldServeAReadFromBeforeAnotherCameInFront(Policy policy, boolean wrapped) throws Exception {
        try (Stage stage = new Stage(fresh(policy, wrapped)).noAutoRead()) {
            stage.start(channel -> {
                channel.read();
                channel.eventLoop().execute(() -> channel.pipeline().addFirst(keeper(Integer.MAX_VALUE)));
            });
            stage.settleLoop();
            stage.send(SOME);
            stage.awaitReceived();
        }
    }
}
