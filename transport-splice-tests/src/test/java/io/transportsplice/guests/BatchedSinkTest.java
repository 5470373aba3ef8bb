// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.TestRelayConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Two sinks have the same messages: the first at once, the second in batches, which must not wait for the first. */
@ExtendWith(Baseline.class)
@Timeout(60)
class BatchedSinkTest {
    private static final int KIB = 1024;
    private static final int BYTES = 16 * 1024 * KIB;
    private static final int BATCH = 20;

    private final Pattern pattern = new Pattern(1);

    /** What the first one's far end does. */
    private enum First {
        TAKES_NOTHING,
        RESETS,
        IS_CLOSED
    }

    private static Stream<Arguments> cases() {
        return Stream.of(Mode.AUTO, Mode.SPLICE, Mode.COPY, Mode.PLAIN)
                .flatMap(mode -> Stream.of(First.values())
                        .flatMap(first -> Stream.of(true, false)
                                .flatMap(holds ->
                                        Stream.of(true, false).map(wraps -> Arguments.of(mode, first, holds, wraps)))));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldNotWaitForTheOther(Mode mode, First first, boolean holds, boolean wraps) throws Exception {
        Batching[] batching = new Batching[1];
        try (Rig rig = new Rig(mode).configure(config -> oneInFlight(config.wrapped(wraps)));
                Fan fan = new Fan(rig, 2, sinks -> batching[0] = new Batching(sinks, holds, first))) {
            Future<?> sending = rig.async(() -> {
                fan.sourceEnd().send(pattern, 0, BYTES, 64 * KIB);
                fan.sourceEnd().close();
            });
            Future<Received> second = rig.asyncResult(() -> fan.sinkEnd(1).receiveToEnd(pattern, 0));
            if (first == First.RESETS) {
                Await.until("the first is full", () -> batching[0] != null && !batching[0].first.isWritable());
                fan.sinkEnd(0).reset();
            }
            Link.expect(new Received(BYTES, End.EOF), Rig.await(second));
            Rig.await(sending);
            if (first == First.TAKES_NOTHING) {
                Link.expect(new Received(BYTES, End.EOF), fan.sinkEnd(0).receiveToEnd(pattern, 0));
            }
        }
    }

    private static void oneInFlight(TestRelayConfig config) {
        if (config.options() != null) {
            config.options(config.options().toBuilder().maxInFlight(1).build());
        }
    }

    private static final class Batching extends ChannelInboundHandlerAdapter {
        final Channel first;
        private final Channel second;
        private final boolean holds;
        private final First kind;
        private final List<ByteBuf> held = new ArrayList<>();
        private int count;

        Batching(List<Channel> sinks, boolean holds, First kind) {
            first = sinks.get(0);
            second = sinks.get(1);
            this.holds = holds;
            this.kind = kind;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            if (kind == First.IS_CLOSED && count == BATCH) { // nothing else is in flight
                first.close(); // its pipeline is there until the next task
            }
            first.writeAndFlush(bytes.retainedDuplicate());
            if (holds) {
                held.add(bytes);
            } else {
                second.write(bytes);
            }
            if (++count % BATCH == 0) {
                flush();
            }
        }

        private void flush() {
            held.forEach(second::write);
            held.clear();
            second.flush();
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            flush();
            ctx.fireChannelInactive();
        }
    }
}
