// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.SpliceFallback;
import io.transportsplice.SpliceMetrics;
import io.transportsplice.SpliceOptions;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Carriage;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.Side;
import io.transportsplice.testing.TestRelay;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Handlers and channels come, go and move while bytes flow, and so do the threads of event loops. */
@ExtendWith(Baseline.class)
class LoopLifeCycleTest {
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    private final Rig rig = new Rig(Mode.SPLICE);

    @AfterEach
    void closeRig() throws IOException {
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(names = {"TCP_TCP_UP", "TCP_TCP_DOWN"})
    void shouldKeepTheStreamWholeWhenTheHandlerIsReplacedInMidStream(Route route) throws Exception {
        Link link = rig.link(route);
        long replacements = 20;
        Future<?> sending = rig.async(() -> link.source().send(link.forward(), 0, replacements * MIB, 64 * KIB));
        TestRelay.Pair pair = rig.relay().lastPair();
        for (long i = 0; i < replacements; i++) {
            link.sink().receive(link.forward(), i * MIB, (i + 1) * MIB);
            replace(i % 2 == 0 ? pair.front() : pair.back());
        }
        Rig.await(sending);
        Carriage afterwards = new Carriage();
        link.carryToEnd(replacements * MIB, (replacements + 8) * MIB, 64 * KIB);
        afterwards.awaitAtLeast(7 * MIB);
        link.carryBack(0, 8 * MIB, 64 * KIB);
        link.finish(8 * MIB);
    }

    private static void replace(Channel channel) {
        SpliceOptions always =
                SpliceOptions.builder().policy(SpliceOptions.Policy.ALWAYS).build();
        channel.eventLoop()
                .submit(() ->
                        channel.pipeline().replace(EpollSpliceHandler.class, null, new EpollSpliceHandler(always)))
                .syncUninterruptibly();
    }

    /** A mistake, but none that may cost bytes: the one that is not first stands aside. */
    @ParameterizedTest
    @EnumSource(names = {"TCP_TCP_UP", "TCP_TCP_DOWN"})
    void shouldSpliceOnceWhereTheHandlerWasAddedTwice(Route route) throws Exception {
        long notFirst = SpliceMetrics.snapshot().fallbacks(SpliceFallback.NOT_FIRST);
        Carriage carriage = new Carriage();
        rig.configure(c -> c.pipeline((side, pipeline) -> pipeline.addLast(new EpollSpliceHandler(c.options()))));
        Link link = rig.link(route);
        link.carryToEnd(16 * MIB, 64 * KIB);
        link.carryBack(0, 16 * MIB, 64 * KIB);
        link.finish(16 * MIB);
        carriage.awaitAtLeast(30 * MIB);
        assertEquals(notFirst + 2, SpliceMetrics.snapshot().fallbacks(SpliceFallback.NOT_FIRST));
    }

    /** Adoption takes a few tasks of the event loop: closed before, between and after each of them. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    void shouldTellHandlersOfOneLifeWhenClosedWhileBeingAdopted(int tasks) throws Exception {
        List<EventLog> logs = new ArrayList<>();
        rig.configure(c -> c.pipeline((side, pipeline) -> {
            EventLog log = new EventLog();
            pipeline.addLast(log);
            if (side == Side.FRONT) {
                pipeline.channel().eventLoop().execute(() -> after(tasks, pipeline.channel(), pipeline::close));
                logs.add(log);
            }
        }));
        for (int i = 0; i < 5; i++) {
            Peer client = rig.connect(Route.TCP_TCP_UP);
            client.receiveToEnd(rig.newPattern(), 0);
            client.close();
        }
        rig.relay().awaitNoChannels();
        for (EventLog log : logs) {
            Await.until("its life is over", log::events, events -> events.endsWith("unregistered"));
            assertEquals("registered active inactive unregistered", log.events());
        }
    }

    /** Does something so many tasks of the event loop later. */
    private static void after(int tasks, Channel channel, Runnable action) {
        if (tasks == 0) {
            action.run();
        } else {
            channel.eventLoop().execute(() -> after(tasks - 1, channel, action));
        }
    }

    /** The user takes the channel off its loop and puts it back, in mid-stream or in the middle of its adoption. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    void shouldCarryOnWhenTheUserRegistersTheChannelAgain(int tasks) throws Exception {
        rig.configure(c -> c.pipeline((side, pipeline) -> pipeline.addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelActive(ChannelHandlerContext ctx) {
                ctx.fireChannelActive();
                after(tasks, ctx.channel(), () -> registerAgain(ctx.channel()));
            }
        })));
        Link link = rig.link(Route.TCP_TCP_UP);
        TestRelay.Pair pair = rig.relay().lastPair();
        for (long i = 0; i < 4; i++) {
            link.carry(i * MIB, (i + 1) * MIB, 64 * KIB);
            link.carryBack(i * MIB, (i + 1) * MIB, 64 * KIB);
            onLoop(pair.front(), LoopLifeCycleTest::registerAgain);
            onLoop(pair.back(), LoopLifeCycleTest::registerAgain);
        }
        link.carryToEnd(4 * MIB, 5 * MIB, 64 * KIB);
        link.finish(4 * MIB);
    }

    private interface Action {
        void on(Channel channel);
    }

    private static void onLoop(Channel channel, Action action) {
        channel.eventLoop().submit(() -> action.on(channel)).syncUninterruptibly();
    }

    private static void registerAgain(Channel channel) {
        EventLoop loop = channel.eventLoop();
        channel.deregister()
                .addListener(deregistered -> loop.register(channel).addListener(registered -> {
                    channel.flush();
                    channel.read();
                }));
    }

    /** Netty 4.2 can suspend a loop without channels; the next one starts it again, on another thread. */
    @Test
    void shouldSpliceOnALoopThatWasSuspended() throws Exception {
        SpliceOptions unpooled = SpliceOptions.builder() // what lies in a pool keeps its loop from being suspended
                .policy(SpliceOptions.Policy.ALWAYS)
                .maxPooledPipes(0)
                .build();
        rig.configure(c -> c.threads(2).options(unpooled));
        carryOne(1);
        carryOne(2);
        rig.relay().awaitNoChannels();
        List<Thread> before = new ArrayList<>();
        int suspended = 0;
        for (EventExecutor loop : rig.relay().group()) {
            before.add(threadOf(loop));
            if (((IoEventLoop) loop).trySuspend()) {
                suspended++;
            }
        }
        assertEquals(2, suspended);
        Await.until("one thread has ended, the other has the server's channel", () -> ended(before), n -> n == 1L);
        carryOne(3);
        carryOne(4);
        int changed = 0;
        for (EventExecutor loop : rig.relay().group()) {
            if (!before.contains(threadOf(loop))) {
                changed++;
            }
        }
        assertEquals(1, changed);
    }

    private static long ended(List<Thread> threads) {
        return threads.stream().filter(thread -> !thread.isAlive()).count();
    }

    private static Thread threadOf(EventExecutor loop) {
        return loop.submit(Thread::currentThread).syncUninterruptibly().getNow();
    }

    private void carryOne(int megabytes) throws Exception {
        Carriage carriage = new Carriage();
        Link link = rig.link(Route.TCP_TCP_UP);
        link.carryToEnd((long) megabytes * MIB, 64 * KIB);
        link.finish();
        carriage.awaitAtLeast((long) megabytes * MIB / 10 * 9);
    }
}
