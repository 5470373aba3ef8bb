// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.timeout.IdleState;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.handler.traffic.ChannelTrafficShapingHandler;
import io.transportsplice.relay.RelayHandler;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Carriage;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.MessageCounter;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.Side;
import java.util.EnumMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Netty's own handlers and users' handlers work around a spliced relay as they do around a copying one. */
@ExtendWith(Baseline.class)
@Timeout(120)
class PipelineTest {
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;
    private static final Route ROUTE = Route.TCP_TCP_UP;

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY"})
    void shouldNotCallABusyConnectionIdle(Mode mode) throws Exception {
        long idleMillis = 1500;
        IdleEvents events = new IdleEvents();
        Carriage carriage = new Carriage();
        try (Rig rig = new Rig(mode)) {
            // only the side that reads on the front and writes on the back: nothing goes the other way
            rig.configure(c -> c.pipeline((side, pipeline) -> pipeline.addLast(
                    side == Side.FRONT ? events.handler(idleMillis, 0, 0) : events.handler(0, idleMillis, 0),
                    events.handler(0, 0, idleMillis))));
            Link link = rig.link(ROUTE);
            long start = System.nanoTime();
            long sent = 0;
            while (TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start) < 2 * idleMillis) {
                link.carry(sent, sent + 4 * MIB, 256 * KIB);
                sent += 4 * MIB;
                assertEquals("[]", events.toString());
            }
            carriage.verifyStream(mode, sent);
        }
    }

    /** One message takes longer to leave than the idle time, but its bytes move. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY"})
    void shouldNotCallAConnectionIdleWhoseReaderIsSlow(Mode mode) throws Exception {
        long idleMillis = 1500;
        IdleEvents events = new IdleEvents();
        try (Rig rig = new Rig(mode)) {
            rig.smallBuffers()
                    .configure(c -> c.pipeline((side, pipeline) -> {
                        if (side == Side.BACK) {
                            pipeline.addLast(
                                    new IdleStateHandler(true, 0, idleMillis, 0, TimeUnit.MILLISECONDS),
                                    events.listener());
                        }
                    }));
            Link link = rig.link(ROUTE);
            int bytes = 600 * KIB;
            Future<?> sending = rig.async(() -> link.source().send(link.forward(), 0, bytes, 64 * KIB));
            link.sink().receive(link.forward(), 0, bytes, 2 * KIB, TimeUnit.MILLISECONDS.toNanos(10));
            Rig.await(sending);
            assertEquals("[]", events.toString());
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY"})
    void shouldCallAConnectionIdleThatIsIdle(Mode mode) throws Exception {
        IdleEvents events = new IdleEvents();
        try (Rig rig = new Rig(mode)) {
            rig.configure(c -> c.pipeline((side, pipeline) -> pipeline.addLast(events.handler(0, 0, 200))));
            Link link = rig.link(ROUTE);
            link.carry(0, 16 * MIB, 256 * KIB);
            int before = events.queue.size();
            Await.until("idle events of both channels", () -> events.channelsAfter(before) == 2);
            link.carryToEnd(16 * MIB, 32 * MIB, 256 * KIB);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY"})
    void shouldKeepTheRateOfATrafficShapingHandler(Mode mode) throws Exception {
        long limit = 6 * MIB;
        long bytes = 15 * MIB;
        Carriage carriage = new Carriage();
        try (Rig rig = new Rig(mode)) {
            rig.configure(c -> c.pipeline((side, pipeline) -> {
                if (side == Side.BACK) {
                    pipeline.addLast(new ChannelTrafficShapingHandler(limit, 0, 250));
                }
            }));
            Link link = rig.link(ROUTE);
            long start = System.nanoTime();
            link.carryToEnd(bytes, 64 * KIB);
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            link.finish();
            // the shaper lets the first burst pass and rounds its waits
            long atLeast = bytes * 1000 / limit * 6 / 10;
            assertTrue(
                    millis >= atLeast,
                    () -> bytes + " bytes took " + millis + " ms, at least " + atLeast + " expected");
            carriage.awaitAtLeast(mode == Mode.COPY ? 0 : bytes / 2); // how much it holds when is the machine's to say
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY"})
    void shouldLetAHandlerCountEveryByte(Mode mode) throws Exception {
        Map<Side, MessageCounter> counters = new EnumMap<>(Side.class);
        counters.put(Side.FRONT, new MessageCounter());
        counters.put(Side.BACK, new MessageCounter());
        try (Rig rig = new Rig(mode)) {
            rig.configure(c -> c.pipeline((side, pipeline) -> pipeline.addLast(counters.get(side))));
            Link link = rig.link(ROUTE);
            int up = 20_000_003;
            int down = 10_000_001;
            link.carryToEnd(up, 50_000);
            link.carryBack(0, down, 50_000);
            link.finish(down);
            rig.relay().awaitNoChannels();
            assertEquals(up, counters.get(Side.FRONT).bytesRead.get());
            assertEquals(down, counters.get(Side.FRONT).bytesWritten.get());
            assertEquals(down, counters.get(Side.BACK).bytesRead.get());
            assertEquals(up, counters.get(Side.BACK).bytesWritten.get());
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY"})
    void shouldCountEveryByteInTheRelayHandlerWhileTheyFlow(Mode mode) throws Exception {
        try (Rig rig = new Rig(mode)) {
            Link link = rig.link(ROUTE);
            RelayHandler relay = rig.relay().lastPair().front().pipeline().get(RelayHandler.class);
            for (long sent = 0; sent < 8 * MIB; sent += 2 * MIB) {
                link.carry(sent, sent + 2 * MIB, 64 * KIB);
                long expected = sent + 2 * MIB;
                Await.until("bytes relayed", relay::bytesRelayed, relayed -> relayed == expected);
            }
        }
    }

    /** Adoption registers a channel a second time: that is nobody's business. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY"})
    void shouldTellHandlersOfEachEventInAChannelsLifeOnce(Mode mode) throws Exception {
        MessageCounter counter = new MessageCounter();
        int connections = 10;
        try (Rig rig = new Rig(mode)) {
            rig.configure(c -> c.pipeline((side, pipeline) -> pipeline.addLast(counter)));
            for (int i = 0; i < connections; i++) {
                Link link = rig.link(ROUTE);
                link.carryToEnd(4 * MIB, 64 * KIB);
                if (i % 2 == 0) {
                    link.carryBack(0, MIB, 64 * KIB);
                    link.finish(MIB);
                } else {
                    link.source().reset();
                    Link.expect(new Received(4 * MIB, End.EOF), link.sink().receiveToEnd(link.forward(), 4 * MIB));
                    link.sink().close();
                }
            }
            rig.relay().awaitNoChannels();
        }
        assertEquals(2 * connections, counter.registered.get());
        assertEquals(2 * connections, counter.active.get());
        Await.until("channelInactive", counter.inactive::get, n -> n == 2 * connections);
        Await.until("channelUnregistered", counter.unregistered::get, n -> n == 2 * connections);
    }

    /** Collects the idle events of any number of channels. */
    private static final class IdleEvents {
        private record Idle(Channel channel, IdleState state) {}

        private final Queue<Idle> queue = new ConcurrentLinkedQueue<>();

        /** Of how many channels something is told behind so many events. */
        long channelsAfter(int count) {
            return queue.stream().skip(count).map(Idle::channel).distinct().count();
        }

        IdleStateHandler handler(long readerMillis, long writerMillis, long allMillis) {
            return new IdleStateHandler(readerMillis, writerMillis, allMillis, TimeUnit.MILLISECONDS) {
                @Override
                protected void channelIdle(ChannelHandlerContext ctx, IdleStateEvent event) throws Exception {
                    queue.add(new Idle(ctx.channel(), event.state()));
                    super.channelIdle(ctx, event);
                }
            };
        }

        ChannelInboundHandlerAdapter listener() {
            return new ChannelInboundHandlerAdapter() {
                @Override
                public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                    if (event instanceof IdleStateEvent idle) {
                        queue.add(new Idle(ctx.channel(), idle.state()));
                    }
                    ctx.fireUserEventTriggered(event);
                }
            };
        }

        @Override
        public String toString() {
            return queue.toString();
        }
    }
}
