// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GenericProgressiveFutureListener;
import io.netty.util.concurrent.ProgressiveFuture;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.LoopHold;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A transfer and a limit of somebody else's on the same source: whose bytes are whose. */
class SpliceToLimitTest extends TransferFixture {
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

    /** Which has nothing of what comes until then, and all of it then. */
    @Test
    void shouldBeRefusedBesideALimitThatCameWhileItsSinkWasAsked() throws Exception {
        EventLoop elsewhere = moveSink();
        EpollSpliceHandler handler = spliceHandler();
        CompletableFuture<Future<Long>> limit = new CompletableFuture<>();
        CompletableFuture<Future<Long>> moved = new CompletableFuture<>();
        LoopHold.whileHeld(elsewhere, () -> {
            source.eventLoop().execute(() -> {
                moved.complete(EpollSplice.spliceTo(source, sink, READ / 2));
                limit.complete(handler.limit(READ));
                source.pipeline().context(handler).read(); // past the transfer
            });
            link.source().send(link.forward(), 0, READ, READ);
            Await.until("it has been read", () -> unread() == 0);
            source.eventLoop().submit(() -> {}).sync();
            assertFalse(limit.get().isDone());
        });
        assertInstanceOf(IllegalStateException.class, moved.get().await().cause());
        source.config().setAutoRead(true);
        assertEquals(READ, await(limit.get()));
    }

    /** They were on their way when the listener was told. */
    @ParameterizedTest
    @ValueSource(ints = {READ, 2 * READ})
    void shouldTakeNothingOfALimitWhoseListenerBeginsIt(int limited) throws Exception {
        EpollSpliceHandler handler = spliceHandler();
        CompletableFuture<Future<Long>> moved = new CompletableFuture<>();
        source.eventLoop()
                .submit(() -> {
                    ProgressiveFuture<Long> limit = handler.limit(limited);
                    limit.addListener(new ProgressListener(() -> {
                        if (limit.cancel(false)) {
                            moved.complete(EpollSplice.spliceTo(source, sink, READ));
                        }
                    }));
                    source.read();
                })
                .sync();
        link.source().send(link.forward(), 0, READ, READ);
        Future<Long> transfer = moved.get(Await.BOUND.toSeconds(), TimeUnit.SECONDS);
        link.source().send(link.forward(), READ, 2 * READ, READ);
        assertEquals(READ, await(transfer));
        link.sink().receive(link.forward(), READ, 2 * READ);
    }

    /** Before the sink is asked: the limit's bytes may have come until then. */
    @Test
    void shouldBeRefusedBesideALimitThoughItsSinkIsElsewhere() throws Exception {
        EventLoop elsewhere = moveSink();
        EpollSpliceHandler handler = spliceHandler();
        CompletableFuture<Future<Long>> limit = new CompletableFuture<>();
        CompletableFuture<Future<Long>> moved = new CompletableFuture<>();
        LoopHold.whileHeld(elsewhere, () -> {
            source.eventLoop().execute(() -> {
                limit.complete(handler.limit(READ));
                source.read();
                moved.complete(EpollSplice.spliceTo(source, sink, READ));
            });
            link.source().send(link.forward(), 0, READ, READ);
            assertEquals(READ, await(limit.get()));
            assertInstanceOf(IllegalStateException.class, moved.get().await().cause());
        });
    }

    /** Which was set before it began: it has written nothing, of what was held either. */
    @Test
    void shouldLeaveWhatIsHeldBesideALimitThatCameBeforeItBegan() throws Exception {
        link.source().send(link.forward(), 0, READ, READ);
        assertEquals(READ - 1, await(EpollSplice.spliceTo(source, sink, READ - 1)));
        EventLoop elsewhere = moveSink();
        EpollSpliceHandler handler = source.pipeline().get(EpollSpliceHandler.class);
        CompletableFuture<Future<Long>> moved = new CompletableFuture<>();
        LoopHold.whileHeld(
                elsewhere,
                () -> source.eventLoop()
                        .submit(() -> {
                            moved.complete(EpollSplice.spliceTo(source, sink, READ));
                            handler.limit(READ);
                        })
                        .sync());
        assertInstanceOf(IllegalStateException.class, moved.get().await().cause());
        sink.close().sync();
        assertEquals(READ - 1, link.sink().receiveToEnd(link.forward(), 0).bytes());
    }

    /** By who is told of what was held, and is written at once. */
    @Test
    void shouldLeaveTheSourceWhereItIsCancelledWhileItBegins() throws Exception {
        sink.pipeline().addLast(new ChannelOutboundHandlerAdapter() {
            @Override
            public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
                ctx.writeAndFlush(message, promise);
            }
        });
        link.source().send(link.forward(), 0, READ, READ);
        assertEquals(READ - 1, await(EpollSplice.spliceTo(source, sink, READ - 1)));
        CompletableFuture<Boolean> cancelled = new CompletableFuture<>();
        LoopHold.whileHeld(source.eventLoop(), () -> {
            ProgressiveFuture<Long> moved = EpollSplice.spliceTo(source, sink, 10 * READ);
            moved.addListener(new ProgressListener(() -> cancelled.complete(moved.cancel(false))));
        });
        source.eventLoop().submit(() -> {}).sync(); // it has begun
        if (!cancelled.isDone()) { // nothing was held where it is spliced
            link.source().send(link.forward(), READ, 2 * READ, READ);
        }
        assertEquals(true, cancelled.get(Await.BOUND.toSeconds(), TimeUnit.SECONDS));
        Future<Long> next = EpollSplice.spliceTo(source, sink, READ);
        link.source().send(link.forward(), 2 * READ, 4 * READ, READ);
        assertEquals(READ, await(next));
    }

    /** Of a failure in listeners that are nested deep Netty tells later, behind what was to be done already. */
    @Test
    void shouldFailByItsLimitThoughItIsToldFirstOfAWrite() throws Exception {
        EventLoop elsewhere = moveSink();
        spliceHandler();
        CompletableFuture<ChannelPromise> write = holdWrite();
        Future<Long> moved = EpollSplice.spliceTo(source, sink, 2 * READ);
        link.source().send(link.forward(), 0, READ, READ);
        ChannelPromise written = write.get(Await.BOUND.toSeconds(), TimeUnit.SECONDS);
        source.eventLoop()
                .submit(() -> {
                    written.setSuccess();
                    elsewhere.submit(() -> {}).syncUninterruptibly(); // it has told the loop of the source
                    NestedListeners.run(
                            source.eventLoop(), () -> source.pipeline().remove(EpollSpliceHandler.class));
                })
                .sync();
        ExecutionException e = assertThrows(ExecutionException.class, () -> await(moved));
        assertInstanceOf(IllegalStateException.class, e.getCause());
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
