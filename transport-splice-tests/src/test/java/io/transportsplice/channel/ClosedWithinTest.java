// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.DefaultEventExecutorGroup;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.SpliceOptions;
import io.transportsplice.SpliceOptions.Policy;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.LoopGroups;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Somebody closes the channel between the two tasks of its second registration. */
@ExtendWith(Baseline.class)
@Timeout(60)
class ClosedWithinTest {

    private static final class Counting extends ChannelInboundHandlerAdapter {
        private final List<String> told = new CopyOnWriteArrayList<>();

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            told.add("inactive");
            ctx.fireChannelInactive();
        }

        @Override
        public void channelUnregistered(ChannelHandlerContext ctx) {
            told.add("unregistered");
            ctx.fireChannelUnregistered();
        }
    }

    /** On an executor of its own it is there longer than all others. */
    @SuppressWarnings("deprecation") // some still do
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "ALWAYS", "NEVER"})
    void shouldTellTheEndOnce(Policy policy) throws Exception {
        DefaultEventExecutorGroup executors = new DefaultEventExecutorGroup(1);
        try (Rig rig =
                new Rig(Mode.PLAIN).configure(c -> c.relay(ChannelInboundHandlerAdapter::new, (front, back) -> {}))) {
            rig.link(Route.TCP_TCP_UP);
            Channel channel = rig.relay().lastPair().front();
            Counting own = new Counting();
            Counting usual = new Counting();
            channel.pipeline().addLast(usual).addLast(executors, own);
            channel.eventLoop().submit(() -> {
                channel.pipeline()
                        .addFirst(new EpollSpliceHandler(
                                SpliceOptions.builder().policy(policy).build()));
                channel.read(); // of which the handler knows
                channel.eventLoop().execute(channel::close);
            });
            channel.closeFuture().sync();
            Await.until("the last handler has left", () -> channel.pipeline().context(own) == null);
            assertEquals(List.of("inactive", "unregistered"), own.told);
            assertEquals(List.of("inactive", "unregistered"), usual.told);
            rig.relay().closeChannels();
        } finally {
            LoopGroups.end(executors);
        }
    }
}
