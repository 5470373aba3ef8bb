// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.transportsplice.ModelStep.MakeRoom;
import io.transportsplice.ModelStep.Pass;
import io.transportsplice.ModelStep.Send;
import io.transportsplice.ModelStep.Simple;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Messages are larger than Netty's only where nobody can mind. */
@ExtendWith(Baseline.class)
@Timeout(60)
class MessageSizeTest {
    private static final int MOST_OF_NETTY = 64 * 1024;
    private static final int MUCH = 8 * 1024 * 1024;
    private static final Route ROUTE = Route.TCP_TCP_UP;

    private static final class Looking extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ((ByteBuf) message).getByte(0);
            ctx.fireChannelRead(message);
        }
    }

    /** Of many such channels all need it at once. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE"})
    void shouldNeedNoMoreMemoryForALookThanNettyReads(Mode mode) throws Exception {
        FailingAllocator allocator = new FailingAllocator();
        try (Rig rig = new Rig(mode)
                .configure(c -> c.pipeline((side, pipeline) -> {
                    pipeline.channel().config().setOption(ChannelOption.ALLOCATOR, allocator);
                    pipeline.addLast(new Looking());
                }))) {
            long before = SpliceMetrics.snapshot().fallbacks(SpliceFallback.LOOKED_AT);
            rig.link(ROUTE).carry(0, MUCH, MOST_OF_NETTY);
            assertTrue(SpliceMetrics.snapshot().fallbacks(SpliceFallback.LOOKED_AT) > before);
            assertTrue(allocator.largest() <= MOST_OF_NETTY, () -> allocator.largest() + " bytes at once");
        }
    }

    /** Writes the length of each message before it. */
    private static final class Framing extends Passing {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            peer.write(ctx.alloc().buffer().writeInt(((ByteBuf) message).readableBytes()));
            super.channelRead(ctx, message);
        }
    }

    /** Whoever gets them may allow none that are larger, as a WebSocketFrameDecoder does by default. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY"})
    void shouldMakeNoLargerFramesThanNetty(Mode mode) throws Exception {
        try (Rig rig = new Rig(mode).configure(c -> c.relay(Framing::new, Passing::join))) {
            Link link = rig.link(ROUTE);
            rig.async(() -> link.source().send(link.forward(), 0, MUCH, MOST_OF_NETTY));
            int received = 0;
            while (received < MUCH) {
                int length =
                        ByteBuffer.wrap(readFully(link.sink(), Integer.BYTES)).getInt();
                assertTrue(length <= MOST_OF_NETTY, () -> "a frame of " + length);
                link.forward().verify(readFully(link.sink(), length), 0, length, received);
                received += length;
            }
            rig.relay().lastPair().front().close().sync();
        }
    }

    private static byte[] readFully(Peer from, int count) throws IOException {
        ByteBuffer all = ByteBuffer.allocate(count);
        byte[] some = new byte[count];
        while (all.hasRemaining()) {
            int n = from.read(some, all.remaining());
            assertTrue(n > 0, "the end");
            all.put(some, 0, n);
        }
        return all.array();
    }

    /** Else a write that waits in the sink would be done much later than one of Netty's: somebody's timeout would fire. */
    @Test
    void shouldSendSmallMessagesToASlowSink() throws IOException {
        assertEquals(MOST_OF_NETTY, askedOfASinkThatTook(201));
    }

    @Test
    void shouldSendLargeMessagesToASinkThatIsSoonDone() throws IOException {
        assertTrue(askedOfASinkThatTook(199) > MOST_OF_NETTY);
    }

    /** How much is read at once after a sink has kept its source waiting. */
    private static long askedOfASinkThatTook(long millis) throws IOException {
        try (ModelMachine machine = new ModelMachine(ModelScenario.FULL_SINK)) {
            List<ModelStep> trust = List.of(
                    new MakeRoom(MUCH / 32),
                    new Send(MUCH / 64),
                    Simple.RUN_TO_REST,
                    new Send(MUCH / 64),
                    Simple.RUN_TO_REST);
            machine.happen(trust);
            List<ModelStep> wait = List.of(
                    new Send(100),
                    Simple.RUN_TO_REST,
                    new Send(100),
                    Simple.RUN_TO_REST,
                    new Send(100),
                    Simple.RUN_TO_REST);
            machine.happen(wait);
            machine.happen(List.of(new Pass(millis), new MakeRoom(MUCH), Simple.RUN_TO_REST));
            machine.happen(List.of(new Send(100), Simple.RUN_TO_REST));
            machine.settle();
            return machine.kernel().asked();
        }
    }
}
