// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.FixedLengthFrameDecoder;
import io.netty.handler.flow.FlowControlHandler;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.TestRelay;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Others before the relay hold what has been read, and the end of the input overtakes it. */
@ExtendWith(Baseline.class)
@Timeout(60)
class RelayHoldersTest {
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    private static Rig holding(Mode mode) {
        return new Rig(mode)
                .configure(c -> c.pipeline((side, pipeline) ->
                        pipeline.addLast(new FixedLengthFrameDecoder(KIB), new FlowControlHandler())))
                .smallBuffersOfPeers();
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY", "PLAIN"})
    void shouldRelayWhatAFlowControlHandlerHolds(Mode mode) throws Exception {
        try (Rig rig = holding(mode)) {
            for (int i = 0; i < 3; i++) {
                carryToASlowSink(rig);
            }
        }
    }

    /** Which takes nothing before the relay is full. */
    private static void carryToASlowSink(Rig rig) throws Exception {
        Link link = rig.link(Route.TCP_TCP_UP);
        Future<?> sending = rig.async(() -> {
            link.source().send(link.forward(), 0, 4 * MIB, 64 * KIB);
            link.source().halfClose();
        });
        rig.relay().awaitRest();
        Link.expect(new Received(4 * MIB, End.EOF), link.sink().receiveToEnd(link.forward(), 0));
        Rig.await(sending);
        link.finish();
    }

    /** Asks by itself, in front of those who hold, which says nothing of what they have. */
    private static final class Asking extends ChannelInboundHandlerAdapter {
        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            ctx.fireUserEventTriggered(event);
            ctx.read();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY", "PLAIN"})
    void shouldTakeNobodyElsesReadForItsOwn(Mode mode) throws Exception {
        try (Rig rig = holding(mode)
                .configure(c -> c.pipeline((side, pipeline) ->
                        pipeline.addLast(new Asking(), new FixedLengthFrameDecoder(KIB), new FlowControlHandler())))) {
            carryToASlowSink(rig);
        }
    }

    /** Lets no read() by once there is nothing to read. */
    private static final class Refusing extends ChannelDuplexHandler {
        private boolean ended;

        @Override
        public void read(ChannelHandlerContext ctx) {
            if (!ended) {
                ctx.read();
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            ended |= event == ChannelInputShutdownReadComplete.INSTANCE;
            ctx.fireUserEventTriggered(event);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY", "PLAIN"})
    void shouldNotWaitForAReadThatNobodyLetsBy(Mode mode) throws Exception {
        try (Rig rig = new Rig(mode).configure(c -> c.pipeline((side, pipeline) -> pipeline.addLast(new Refusing())))) {
            Link link = rig.link(Route.TCP_TCP_UP);
            link.carryToEnd(MIB, 64 * KIB);
            link.finish();
        }
    }

    /** Answers each read() at once, by few bytes and a channelReadComplete. */
    private static final class Dealing extends ChannelDuplexHandler {
        private static final int FEW = 16;

        private final Queue<ByteBuf> held = new ArrayDeque<>();

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            while (bytes.isReadable()) {
                held.add(bytes.readRetainedSlice(Math.min(FEW, bytes.readableBytes())));
            }
            bytes.release();
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            deal(ctx);
        }

        @Override
        public void read(ChannelHandlerContext ctx) {
            if (held.isEmpty()) {
                ctx.read();
            } else {
                deal(ctx);
            }
        }

        private void deal(ChannelHandlerContext ctx) {
            if (!held.isEmpty()) {
                ctx.fireChannelRead(held.poll());
            }
            ctx.fireChannelReadComplete();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY", "PLAIN"})
    void shouldReadInTurnWhateverIsAnsweredAtOnce(Mode mode) throws Exception {
        try (Rig rig = new Rig(mode).configure(c -> c.pipeline((side, pipeline) -> pipeline.addLast(new Dealing())))) {
            Link link = rig.link(Route.TCP_TCP_UP);
            link.carryToEnd(MIB, MIB);
            link.finish();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY", "PLAIN"})
    void shouldRelayWhatItHoldsWhereTheInputEndedBeforeTheyWereJoined(Mode mode) throws Exception {
        try (Rig rig = holding(mode).configure(c -> c.relay(RelayHandler::new, (front, back) -> {}))) {
            Link link = rig.link(Route.TCP_TCP_UP);
            TestRelay.Pair pair = rig.relay().lastPair();
            link.source().send(link.forward(), 0, 100 * KIB, 64 * KIB);
            link.source().halfClose();
            Await.until("its input has ended", () -> {
                pair.front().read(); // a spliced message is as long as a pipe, or shorter
                return ((DuplexChannel) pair.front()).isInputShutdown();
            });
            RelayHandler.join(pair.front(), pair.back());
            Link.expect(new Received(100 * KIB, End.EOF), link.sink().receiveToEnd(link.forward(), 0));
            link.finish();
        }
    }

    /** By its own user, who had it allow that. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY", "PLAIN"})
    void shouldTellTheEndOfAnInputThatEndedBeforeItCame(Mode mode) throws Exception {
        try (Rig rig = new Rig(mode)
                .configure(c -> c.relay(ChannelInboundHandlerAdapter::new, (front, back) -> {})
                        .pipeline((side, pipeline) ->
                                pipeline.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true)))) {
            Link link = rig.link(Route.TCP_TCP_UP);
            TestRelay.Pair pair = rig.relay().lastPair();
            link.source().halfClose();
            awaitEndOfInput(pair.front());
            RelayHandler.join(pair.front(), pair.back());
            Link.expect(new Received(0, End.EOF), link.sink().receiveToEnd(link.forward(), 0));
            link.finish();
        }
    }

    private static void awaitEndOfInput(Channel channel) {
        Await.until("its input has ended", ((DuplexChannel) channel)::isInputShutdown);
    }

    /** As a reset of its own is no failure of the channel's. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY", "PLAIN"})
    void shouldSayThatItWasClosedThoughBytesWaited(Mode mode) throws Exception {
        try (Rig rig = new Rig(mode).smallBuffersOfPeers()) {
            Link link = rig.link(Route.TCP_TCP_UP);
            link.fillUp(16 * MIB);
            TestRelay.Pair pair = rig.relay().lastPair();
            RelayHandler relay = pair.front().pipeline().get(RelayHandler.class);
            RelayHandler.reset(pair.back());
            pair.front().closeFuture().sync();
            assertEquals(RelayEnd.CLOSED, relay.end());
            assertNull(relay.endCause());
        }
    }
}
