// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DuplexChannel;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.LoopHold;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A sink whose far end takes no more, but goes on to send. */
@ExtendWith(Baseline.class)
@Timeout(60)
class OutputEndTest {
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    /** As with plain Netty, which then closes the output alone. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY", "PLAIN"})
    void shouldReadOnWhereItIsNotToCloseByItself(Mode mode) throws Exception {
        try (Rig rig = new Rig(mode)
                .configure(c -> c.relay(Passing::new, Passing::join).pipeline((side, pipeline) -> {
                    pipeline.channel().config().setAutoClose(false);
                    pipeline.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
                }))) {
            Link link = rig.link(Route.TCP_UNIX_UP);
            link.carry(0, MIB, 64 * KIB);
            link.sink().takeNoMore();
            rig.async(() -> link.source().send(link.forward(), MIB, 8 * MIB, 64 * KIB));
            Channel sink = rig.relay().lastPair().back();
            Await.until("its output is shut down", ((DuplexChannel) sink)::isOutputShutdown);
            link.carryBack(0, 8 * MIB, 64 * KIB);
            assertTrue(sink.isOpen());
            assertFalse(sink.config().isAutoClose());
            sink.close().sync();
            rig.relay().lastPair().front().close().sync();
        }
    }

    /** It is gone, and no end can look like another to it. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY", "PLAIN"})
    void shouldLeaveTheOptionsWherePeersReset(Mode mode) throws Exception {
        try (Rig rig = new Rig(mode)
                .configure(c -> c.relay(Passing::new, Passing::join)
                        .pipeline(
                                (side, pipeline) -> pipeline.channel().config().setAutoClose(false)))) {
            Link link = rig.link(Route.TCP_TCP_UP);
            link.carry(0, MIB, 64 * KIB);
            Channel sink = rig.relay().lastPair().back();
            sink.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
            LoopHold.whileHeld(sink.eventLoop(), () -> {
                link.source().send(link.forward(), MIB, MIB + 64 * KIB, 64 * KIB); // and is written first
                link.sink().reset();
            });
            Await.until("its output is shut down", ((DuplexChannel) sink)::isOutputShutdown);
            assertTrue(sink.isOpen());
            assertFalse(sink.config().isAutoClose());
            assertEquals(-1, sink.config().getOption(ChannelOption.SO_LINGER));
            sink.close().sync();
            rig.relay().lastPair().front().close().sync();
        }
    }
}
