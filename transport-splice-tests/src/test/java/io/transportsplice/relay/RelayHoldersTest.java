// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
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
            pair.front().read();
            awaitEndOfInput(pair.front());
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
