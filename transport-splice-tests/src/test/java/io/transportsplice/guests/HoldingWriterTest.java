// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.transportsplice.SpliceMetrics;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import io.transportsplice.testing.Rig;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whoever writes messages keeps them, too, and their sink is full: how many pipes that takes. */
@ExtendWith(Baseline.class)
@Timeout(60)
class HoldingWriterTest {
    private static final int KIB = 1024;
    private static final int BYTES = 4 * 1024 * KIB;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldTakeOneForEachMessageAndOneForTheSink(boolean wraps) throws Exception {
        Pattern pattern = new Pattern(1);
        List<Keeping> keeping = new ArrayList<>();
        try (Rig rig = new Rig(Mode.SPLICE).smallBuffers().configure(config -> config.wrapped(wraps));
                Fan fan = new Fan(rig, 1, sinks -> {
                    keeping.add(new Keeping(sinks.get(0)));
                    return keeping.get(0);
                })) {
            Future<?> sending = rig.async(() -> {
                fan.sourceEnd().send(pattern, 0, BYTES, 64 * KIB);
                fan.sourceEnd().close();
            });
            fan.source(); // is there
            rig.relay().awaitRest();
            SpliceMetrics now = SpliceMetrics.snapshot();
            long before = rig.baseline().pipesInUse();
            assertTrue(now.buffersInFlight() >= 2, now::toString);
            assertEquals(now.buffersInFlight() + 1, now.pipesInUse() - before, now::toString);
            fan.source().eventLoop().execute(() -> keeping.get(0).letGo());
            Link.expect(new Received(BYTES, End.EOF), fan.sinkEnd(0).receiveToEnd(pattern, 0));
            Rig.await(sending);
        }
    }

    private static final class Keeping extends ChannelInboundHandlerAdapter {
        private final Channel sink;
        private final List<ByteBuf> kept = new ArrayList<>();
        private boolean keeps = true;

        Keeping(Channel sink) {
            this.sink = sink;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            if (keeps) {
                kept.add(bytes.retain());
            }
            sink.writeAndFlush(bytes);
        }

        void letGo() {
            keeps = false;
            kept.forEach(ByteBuf::release);
            kept.clear();
        }
    }
}
