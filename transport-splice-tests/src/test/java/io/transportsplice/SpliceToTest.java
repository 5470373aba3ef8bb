// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Carriage;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.TestRelay;
import io.transportsplice.testing.TestRelayConfig;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What stock {@code spliceTo} should have been, on channels whose pipelines know nothing of splicing. */
@ExtendWith(Baseline.class)
@Timeout(60)
class SpliceToTest {
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    /** Counts what comes past a transfer. */
    static final class Rest extends ChannelInboundHandlerAdapter {
        final AtomicLong bytes = new AtomicLong();

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            ctx.channel().config().setAutoRead(false);
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            bytes.addAndGet(message instanceof ByteBuf buffer ? buffer.readableBytes() : 0);
            ReferenceCountUtil.release(message);
        }
    }

    /** A rig whose relay does nothing by itself. */
    static Rig newRig() {
        return new Rig(Mode.PLAIN).configure(c -> c.relay(Rest::new, (front, back) -> {}));
    }

    static long await(Future<Long> moved) throws Exception {
        return moved.get(20, TimeUnit.SECONDS);
    }

    static void closeBoth(TestRelay.Pair pair) {
        pair.front().close();
        pair.back().close();
    }

    @ParameterizedTest
    @EnumSource(Route.class)
    void shouldMoveAllUntilTheEndOfTheInput(Route route) throws Exception {
        Carriage carriage = new Carriage();
        try (Rig rig = newRig()) {
            Link link = rig.link(route);
            TestRelay.Pair pair = rig.relay().lastPair();
            Channel source = route.up() ? pair.front() : pair.back();
            Channel sink = route.up() ? pair.back() : pair.front();
            Future<Long> moved = EpollSplice.spliceTo(source, sink);
            moved.addListener(done -> ((DuplexChannel) sink).shutdownOutput());
            link.carryToEnd(16 * MIB, 64 * KIB);
            assertEquals(16 * MIB, await(moved));
            carriage.awaitAtLeast(15 * MIB);
            closeBoth(pair);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldMoveBothWaysAtOnce(boolean sameLoop) throws Exception {
        Carriage carriage = new Carriage();
        try (Rig rig = newRig()) {
            if (!sameLoop) {
                rig.configure(TestRelayConfig::differentLoops);
            }
            Link link = rig.link(Route.TCP_TCP_UP);
            TestRelay.Pair pair = rig.relay().lastPair();
            Future<Long> up = EpollSplice.spliceTo(pair.front(), pair.back(), 16 * MIB);
            Future<Long> down = EpollSplice.spliceTo(pair.back(), pair.front(), 16 * MIB);
            java.util.concurrent.Future<?> forward = rig.async(() -> link.carry(0, 16 * MIB, 64 * KIB));
            link.carryBack(0, 16 * MIB, 64 * KIB);
            Rig.await(forward);
            assertEquals(16 * MIB, await(up));
            assertEquals(16 * MIB, await(down));
            carriage.awaitAtLeast(30 * MIB);
            closeBoth(pair);
        }
    }
}
