// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.transportsplice.testing.Carriage;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.Side;
import io.transportsplice.testing.TestRelay;
import java.util.List;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The splice handler may come and go at any moment, and stands aside where bytes must be seen. */
interface HandlerLifecycleContract extends RelayFixture {
    @ParameterizedTest
    @EnumSource(names = {"TCP_TCP_UP", "TCP_TCP_DOWN"})
    default void shouldSpliceWhenAddedOnceTheChannelIsActive(Route route) throws Exception {
        rig().configure(c -> c.withoutSpliceHandler()
                .pipeline((side, pipeline) -> pipeline.addLast(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelActive(ChannelHandlerContext ctx) {
                        pipeline.addFirst(new EpollSpliceHandler(c.options()));
                        ctx.fireChannelActive();
                    }
                })));
        Link link = rig().link(route);
        link.carryToEnd(16 * MIB, 64 * KIB);
        link.finish();
        verifyStreamCarriage(16 * MIB);
    }

    /** What netty #13690 could not do: decide from the first bytes, and splice from there on. */
    @Test
    default void shouldSpliceWhenAddedInMidStreamByAHandlerThatRoutes() throws Exception {
        int header = 1000;
        rig().configure(c -> c.withoutSpliceHandler().pipeline((side, pipeline) -> {
            if (side == Side.FRONT) {
                pipeline.addLast(new Router(header, c.options()));
            } else {
                pipeline.addLast(new EpollSpliceHandler(c.options()));
            }
        }));
        Link link = rig().link(Route.TCP_TCP_UP);
        link.carry(0, header, header);
        link.carryToEnd(header, header + 16 * MIB, 64 * KIB);
        link.finish();
        verifyStreamCarriage(16 * MIB);
    }

    @ParameterizedTest
    @EnumSource(names = {"TCP_TCP_UP", "TCP_TCP_DOWN"})
    default void shouldKeepTheStreamWholeWhenRemovedInMidStream(Route route) throws Exception {
        Link link = rig().link(route);
        Future<?> sending = rig().async(() -> link.source().send(link.forward(), 0, 48 * MIB, 64 * KIB));
        link.sink().receive(link.forward(), 0, 10 * MIB);
        TestRelay.Pair pair = rig().relay().lastPair();
        remove(route.up() ? pair.front() : pair.back());
        link.sink().receive(link.forward(), 10 * MIB, 20 * MIB);
        remove(route.up() ? pair.back() : pair.front());
        link.sink().receive(link.forward(), 20 * MIB, 48 * MIB);
        Rig.await(sending);
        Carriage afterRemoval = new Carriage();
        link.carryBack(0, 4 * MIB, 64 * KIB);
        afterRemoval.verifyNothingSpliced();
        link.carryToEnd(48 * MIB, 49 * MIB, 64 * KIB);
        link.finish(4 * MIB);
    }

    @ParameterizedTest
    @EnumSource(names = {"TCP_TCP_UP", "TCP_TCP_DOWN"})
    default void shouldStandAsideWhenNotFirst(Route route) throws Exception {
        rig().configure(c ->
                c.pipeline((side, pipeline) -> pipeline.addFirst("user's", new ChannelInboundHandlerAdapter())));
        verifyPassThrough(route, SpliceFallback.NOT_FIRST);
    }

    @ParameterizedTest
    @EnumSource(names = {"TCP_TCP_UP", "TCP_TCP_DOWN"})
    default void shouldCopyWhereADecoderLooksAtTheBytes(Route route) throws Exception {
        rig().configure(c -> c.pipeline((side, pipeline) -> pipeline.addLast(new PassingDecoder(true))));
        verifyPassThrough(route, SpliceFallback.LOOKED_AT);
    }

    @ParameterizedTest
    @EnumSource(names = {"TCP_TCP_UP", "TCP_TCP_DOWN"})
    default void shouldSpliceWhatADecoderPassesOnWithoutALook(Route route) throws Exception {
        rig().configure(c -> c.pipeline((side, pipeline) -> pipeline.addLast(new PassingDecoder(false))));
        Link link = rig().link(route);
        link.carryToEnd(16 * MIB, 64 * KIB);
        link.finish();
        verifyStreamCarriage(16 * MIB);
    }

    /** One side cannot splice, but what the other fills must arrive all the same. */
    @ParameterizedTest
    @EnumSource
    default void shouldCarryBytesToAChannelWithoutASpliceHandler(Route route) throws Exception {
        rig().configure(c -> c.withoutSpliceHandler().pipeline((side, pipeline) -> {
            if (side == (route.up() ? Side.FRONT : Side.BACK)) {
                pipeline.addFirst(new EpollSpliceHandler(c.options()));
            }
        }));
        Link link = rig().link(route);
        link.carryToEnd(16 * MIB, 64 * KIB);
        link.carryBack(0, 4 * MIB, 64 * KIB);
        link.finish(4 * MIB);
    }

    @ParameterizedTest
    @EnumSource
    default void shouldLetGoOfEverythingWhenClosedByAnotherThreadInMidStream(Route route) throws Exception {
        Link link = rig().link(route);
        Future<?> sending = rig().async(() -> link.source().send(link.forward(), 0, Long.MAX_VALUE, 64 * KIB));
        link.sink().receive(link.forward(), 0, 10 * MIB);
        rig().relay().lastPair().front().close();
        link.sink().receiveToEnd(link.forward(), 10 * MIB);
        Rig.awaitFailure(sending);
        rig().relay().awaitNoChannels();
    }

    @ParameterizedTest
    @EnumSource
    default void shouldLetGoOfEverythingWhenTheEventLoopEndsInMidStream(Route route) throws Exception {
        Link link = rig().link(route);
        Future<?> sending = rig().async(() -> link.source().send(link.forward(), 0, Long.MAX_VALUE, 64 * KIB));
        link.sink().receive(link.forward(), 0, 10 * MIB);
        rig().relay().close();
        link.sink().receiveToEnd(link.forward(), 10 * MIB);
        Rig.awaitFailure(sending);
        rig().relay().awaitNoChannels();
    }

    private void verifyPassThrough(Route route, SpliceFallback reason) throws Exception {
        long before = SpliceMetrics.snapshot().fallbacks(reason);
        Link link = rig().link(route);
        link.carryToEnd(16 * MIB, 64 * KIB);
        link.finish();
        carriage().verifyNothingSpliced();
        if (mode() != Mode.COPY) {
            long counted = SpliceMetrics.snapshot().fallbacks(reason) - before;
            assertTrue(counted > 0, () -> reason + " was not counted");
        }
    }

    private static void remove(Channel channel) {
        channel.eventLoop()
                .submit(() -> channel.pipeline().remove(EpollSpliceHandler.class))
                .syncUninterruptibly();
    }

    /** Takes so many bytes as a header, then makes way for splicing. */
    final class Router extends ChannelInboundHandlerAdapter {
        private final SpliceOptions options;
        private int missing;

        Router(int header, SpliceOptions options) {
            missing = header;
            this.options = options;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            missing -= ((ByteBuf) msg).readableBytes();
            if (missing <= 0) {
                assertEquals(0, missing);
                ChannelPipeline pipeline = ctx.pipeline();
                pipeline.addFirst(new EpollSpliceHandler(options));
                ctx.fireChannelRead(msg);
                pipeline.remove(this);
            } else {
                ctx.fireChannelRead(msg);
            }
        }
    }

    /** Decodes each piece of the stream to itself. */
    final class PassingDecoder extends ByteToMessageDecoder {
        private final boolean looks;

        PassingDecoder(boolean looks) {
            this.looks = looks;
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
            if (looks) {
                in.getByte(in.readerIndex());
            }
            out.add(in.readRetainedSlice(in.readableBytes()));
        }
    }
}
