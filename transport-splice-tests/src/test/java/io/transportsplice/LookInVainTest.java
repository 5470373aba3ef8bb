// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledUnsafeDirectByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.FarEnd;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.LoopHold;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.Side;
import io.transportsplice.testing.TestRelay;
import io.transportsplice.testing.Tls;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes in a pipe cannot be had, and what happens to them does not look whole to either end. */
@ExtendWith(Baseline.class)
@Timeout(60)
class LookInVainTest {
    private static final int KIB = 1024;
    private static final Route ROUTE = Route.TCP_TCP_UP;
    private static final SpliceOptions ALWAYS =
            SpliceOptions.builder().policy(SpliceOptions.Policy.ALWAYS).build();

    /** Looks first, and so passes on nothing, nor lets go of it, if that fails: as Netty's LoggingHandler does. */
    private static final class Forgetting extends ChannelInboundHandlerAdapter {
        private final Queue<ByteBuf> forgotten = new ConcurrentLinkedQueue<>();

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf buffer = (ByteBuf) message;
            forgotten.add(buffer);
            buffer.getByte(0);
            forgotten.remove(buffer);
            ctx.fireChannelRead(message);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            // somebody has logged it
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldEndAStreamWhosePartNobodyPassesOn(boolean wrapped) throws Exception {
        FailingAllocator allocator = new FailingAllocator();
        Forgetting forgetting = new Forgetting();
        try (Rig rig = new Rig(Mode.SPLICE)
                .configure(c -> c.wrapped(wrapped).pipeline((side, pipeline) -> {
                    if (side == Side.FRONT) {
                        pipeline.channel().config().setOption(ChannelOption.ALLOCATOR, allocator);
                        pipeline.addLast(forgetting);
                    }
                }))) {
            Link link = rig.link(ROUTE);
            link.carry(0, KIB, KIB);
            LoopHold.whileHeld(
                    rig.relay().lastPair().front().eventLoop(),
                    () -> { // so several messages come at once
                        link.source().sendWithoutWaiting(link.forward(), KIB, 1024 * KIB);
                        allocator.failOnce();
                    });
            Link.expect(new Received(KIB, End.RESET), link.sink().receiveToEnd(link.forward(), KIB));
            rig.relay().awaitNoChannels();
            assertEquals(1, forgetting.forgotten.size());
            forgetting.forgotten.forEach(ByteBuf::release);
        }
    }

    /** He has it still, and looks again in time. */
    @Test
    void shouldGoOnIfWhoLooksTriesAgain() throws Exception {
        FailingAllocator allocator = new FailingAllocator();
        try (Rig rig = new Rig(Mode.SPLICE)
                .configure(c -> c.pipeline((side, pipeline) -> {
                    if (side == Side.FRONT) {
                        pipeline.channel().config().setOption(ChannelOption.ALLOCATOR, allocator);
                        pipeline.addLast(new Persistent());
                    }
                }))) {
            Link link = rig.link(ROUTE);
            for (int i = 0; i < 10; i++) {
                allocator.failOnce();
                link.carry((long) i * KIB, (long) (i + 1) * KIB, KIB);
            }
            link.carryToEnd(10 * KIB, 100 * KIB, KIB);
            link.finish();
        }
    }

    private static final class Persistent extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            try {
                ((ByteBuf) message).getByte(0);
            } catch (OutOfMemoryError e) {
                ((ByteBuf) message).getByte(0);
            }
            ctx.fireChannelRead(message);
        }
    }

    /** Its splice handler stands behind TLS, as that of a transfer's source does: so TLS would say that it is whole. */
    @Test
    void shouldNotEndTlsAsIfTheStreamWereWhole() throws Exception {
        FailingAllocator allocator = new FailingAllocator();
        try (Rig rig = new Rig(Mode.SPLICE)
                .configure(c -> c.withoutSpliceHandler()
                        .relay(Passing::new, (front, back) -> {})
                        .pipeline((side, pipeline) -> {
                            if (side == Side.FRONT) {
                                pipeline.channel().config().setOption(ChannelOption.ALLOCATOR, allocator);
                            }
                            pipeline.addFirst(new EpollSpliceHandler(ALWAYS));
                            if (side == Side.BACK) {
                                pipeline.addFirst(Tls.BACK.handler(side));
                            }
                        }))) {
            Link link = rig.link(ROUTE);
            FarEnd far = Tls.BACK.farEnd(Side.BACK, link.sink());
            TestRelay.Pair pair = rig.relay().lastPair();
            Passing.join(pair.front(), pair.back());
            far.handshake();
            link.source().send(link.forward(), 0, KIB, KIB);
            far.receive(link.forward(), 0, KIB);
            allocator.refuse();
            link.source().send(link.forward(), KIB, 2 * KIB, KIB);
            assertEquals(new FarEnd.Received(KIB, FarEnd.End.RESET), far.receiveToEnd(link.forward(), KIB));
            pair.front().closeFuture().sync();
        }
    }

    /** Has memory that cannot be written to. */
    private static final class Broken extends UnpooledUnsafeDirectByteBuf {
        private static final Queue<Broken> MADE = new ConcurrentLinkedQueue<>();

        Broken(int capacity) {
            super(UnpooledByteBufAllocator.DEFAULT, capacity, capacity);
            MADE.add(this);
        }

        @Override
        public ByteBuffer internalNioBuffer(int index, int length) {
            throw new LinkageError("asked for by the test");
        }
    }

    /** Passes on what it has looked at in vain. */
    private static final class Careless extends ChannelInboundHandlerAdapter {
        private boolean failed;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            try {
                ((ByteBuf) message).getByte(0);
            } catch (LinkageError e) {
                failed = true;
            }
            ctx.fireChannelRead(message);
        }
    }

    /** Netty would look once more while it writes, and end the output. */
    @Test
    void shouldResetTheSinkOfWhatWasLookedAtInVain() throws Exception {
        Careless careless = new Careless();
        try (Rig rig = new Rig(Mode.SPLICE)
                .configure(c -> c.relay(Passing::new, (front, back) -> {}).pipeline((side, pipeline) -> {
                    if (side == Side.FRONT) {
                        pipeline.addLast(careless);
                    }
                }))) {
            Link link = rig.link(ROUTE);
            TestRelay.Pair pair = rig.relay().lastPair();
            Passing.join(pair.front(), pair.back());
            link.carry(0, KIB, KIB);
            pair.front().config().setOption(ChannelOption.ALLOCATOR, new PooledByteBufAllocator(true) {
                @Override
                protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
                    return new Broken(initialCapacity);
                }
            });
            Future<?> backwards = rig.async(() -> link.source().receiveToEnd(link.backward(), 0));
            link.source().send(link.forward(), KIB, 2 * KIB, KIB);
            Link.expect(new Received(KIB, End.RESET), link.sink().receiveToEnd(link.forward(), KIB));
            pair.front().closeFuture().sync();
            Rig.await(backwards);
            assertTrue(careless.failed);
            assertFalse(Broken.MADE.isEmpty());
            Await.until("the memory is free", () -> Broken.MADE.stream().allMatch(made -> made.refCnt() == 0));
        }
    }
}
