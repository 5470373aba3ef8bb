// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GenericProgressiveFutureListener;
import io.netty.util.concurrent.ProgressiveFuture;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.LoopGroups;
import io.transportsplice.testing.LoopHold;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.TestRelay;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A transfer and a limit of somebody else's on the same source: whose bytes are whose. */
@ExtendWith(Baseline.class)
@Timeout(60)
class SpliceToLimitTest {
    private static final int READ = 1000;

    private final Rig rig = SpliceToTest.newRig();
    private final IoEventLoopGroup others = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private Link link;
    private Channel source;
    private Channel sink;

    @BeforeEach
    void open() throws Exception {
        link = rig.link(Route.TCP_TCP_UP);
        TestRelay.Pair pair = rig.relay().lastPair();
        source = pair.front();
        sink = pair.back();
        source.config().setRecvByteBufAllocator(new FixedRecvByteBufAllocator(READ));
    }

    @AfterEach
    void close() throws Exception {
        source.close().sync();
        sink.close().sync();
        rig.close();
        LoopGroups.end(others);
    }

    private static long await(Future<Long> moved) throws Exception {
        return moved.get(Await.BOUND.toSeconds(), TimeUnit.SECONDS);
    }

    @Test
    void shouldTakeNothingWhereAnotherLimitIsUnderWay() throws Exception {
        link.source().send(link.forward(), 0, READ, READ);
        assertEquals(READ - 1, await(EpollSplice.spliceTo(source, sink, READ - 1)));
        EpollSpliceHandler handler = source.pipeline().get(EpollSpliceHandler.class);
        source.eventLoop().submit(() -> handler.limit(READ)).sync();
        Future<Long> refused = EpollSplice.spliceTo(source, sink, READ);
        assertInstanceOf(IllegalStateException.class, refused.await().cause());
        sink.close().sync();
        assertEquals(READ - 1, link.sink().receiveToEnd(link.forward(), 0).bytes());
    }

    /** Neither before nor while the sink is asked. */
    @Test
    void shouldTakeNothingOfALimitThatEndsBeforeItsSinkElsewhereIsAsked() throws Exception {
        sink.deregister().sync();
        EventLoop elsewhere = others.next();
        elsewhere.register(sink).sync();
        EpollSpliceHandler handler = new EpollSpliceHandler();
        source.pipeline().addFirst(handler);
        CompletableFuture<Future<Long>> limit = new CompletableFuture<>();
        CompletableFuture<Future<Long>> moved = new CompletableFuture<>();
        LoopHold.whileHeld(elsewhere, () -> {
            source.eventLoop().execute(() -> {
                limit.complete(handler.limit(READ));
                source.read();
                moved.complete(EpollSplice.spliceTo(source, sink, READ / 2));
            });
            link.source().send(link.forward(), 0, READ, READ);
            assertEquals(READ, await(limit.get()));
        });
        link.source().send(link.forward(), READ, 2 * READ, READ);
        assertEquals(READ / 2, await(moved.get()));
        link.sink().receive(link.forward(), READ, READ + READ / 2);
    }

    /** They were on their way when the listener was told. */
    @Test
    void shouldTakeNothingOfALimitWhoseListenerBeginsIt() throws Exception {
        EpollSpliceHandler handler = new EpollSpliceHandler();
        source.pipeline().addFirst(handler);
        CompletableFuture<Future<Long>> moved = new CompletableFuture<>();
        source.eventLoop()
                .submit(() -> {
                    ProgressiveFuture<Long> limit = handler.limit(2 * READ);
                    limit.addListener(new ProgressListener(() -> {
                        if (limit.cancel(false)) {
                            moved.complete(EpollSplice.spliceTo(source, sink, READ));
                        }
                    }));
                    source.read();
                })
                .sync();
        link.source().send(link.forward(), 0, 2 * READ, READ);
        assertEquals(READ, await(moved.get(Await.BOUND.toSeconds(), TimeUnit.SECONDS)));
        link.sink().receive(link.forward(), READ, 2 * READ);
    }

    private record ProgressListener(Runnable told)
            implements GenericProgressiveFutureListener<ProgressiveFuture<Long>> {
        @Override
        public void operationProgressed(ProgressiveFuture<Long> future, long progress, long total) {
            told.run();
        }

        @Override
        public void operationComplete(ProgressiveFuture<Long> future) {}
    }
}
