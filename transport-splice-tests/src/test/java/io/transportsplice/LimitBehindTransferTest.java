// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.LoopHold;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A limit that is set when a transfer has ended, which may have read more than it needed. */
class LimitBehindTransferTest extends TransferFixture {
    private final Recorder recorder = new Recorder();

    /** Tells what came, and which of it in a limit's messages. */
    private static final class Recorder extends ChannelInboundHandlerAdapter {
        private final ByteBuf bytes = Unpooled.buffer();
        /** Read by the test once the count, which is written last, is right. */
        private int limited;

        private int limitedAt = -1;
        private volatile int count;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf content = (ByteBuf) LimitedBytes.unwrap(message);
            if (message instanceof LimitedBytes) {
                limitedAt = limitedAt < 0 ? bytes.readableBytes() : limitedAt;
                limited += content.readableBytes();
            }
            bytes.writeBytes(content);
            count = bytes.readableBytes();
            ReferenceCountUtil.release(message);
        }

        void await(int most) {
            Await.until("all has come", () -> count, bytes -> bytes == most);
        }
    }

    @BeforeEach
    void record() throws Exception {
        source.eventLoop()
                .submit(() -> {
                    source.pipeline().addLast(recorder);
                    source.pipeline().remove(SpliceToTest.Rest.class);
                })
                .sync();
    }

    private static Future<Long> result(CompletableFuture<Future<Long>> limit) throws Exception {
        return limit.get(Await.BOUND.toSeconds(), TimeUnit.SECONDS);
    }

    private CompletableFuture<Future<Long>> limitBehind(int transferred, long limited) {
        CompletableFuture<Future<Long>> limit = new CompletableFuture<>();
        EpollSplice.spliceTo(source, sink, transferred)
                .addListener(done -> limit.complete(spliceHandler().limit(limited)));
        Await.until("it has begun", this::isTaken);
        return limit;
    }

    private void verify(int from) {
        byte[] received = new byte[recorder.bytes.readableBytes()];
        recorder.bytes.readBytes(received);
        link.forward().verify(received, 0, received.length, from);
    }

    @Test
    void shouldBeginWhereTheTransferEnded() throws Exception {
        CompletableFuture<Future<Long>> limit = limitBehind(READ / 2, 3 * READ);
        link.source().send(link.forward(), 0, 10 * READ, 10 * READ);
        result(limit);
        source.config().setAutoRead(true);
        assertEquals(3 * READ, await(result(limit)));
        recorder.await(10 * READ - READ / 2);
        assertEquals(0, recorder.limitedAt);
        assertEquals(3 * READ, recorder.limited);
        verify(READ / 2);
    }

    /** What is held is of it, though the end has come. */
    @Test
    void shouldEndBehindWhatIsHeld() throws Exception {
        source.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        CompletableFuture<Future<Long>> limit = limitBehind(READ - 1, READ);
        link.source().send(link.forward(), 0, READ, READ);
        link.source().halfClose();
        result(limit);
        source.config().setAutoRead(true);
        assertEquals(1, await(result(limit)));
        recorder.await(1);
        assertEquals(1, recorder.limited);
        verify(READ - 1);
    }

    /** Who is told of no end, and nobody else either. */
    @Test
    void shouldEndBehindWhatIsHeldWhereItsUserEndedTheInput() throws Exception {
        CompletableFuture<Future<Long>> limit = new CompletableFuture<>();
        EpollSplice.spliceTo(source, sink, READ - 1).addListener(done -> {
            ((DuplexChannel) source).shutdownInput();
            limit.complete(spliceHandler().limit(READ));
        });
        link.source().send(link.forward(), 0, READ, READ);
        result(limit);
        source.config().setAutoRead(true);
        long passed = await(result(limit)); // none where it is spliced: nothing was held
        assertEquals(recorder.limited, passed);
    }

    /** Where nothing is held, and a cancelled transfer has left a read outstanding. */
    @Test
    void shouldEndWhereNothingComes() throws Exception {
        source.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        EpollSpliceHandler handler = spliceHandler();
        CompletableFuture<Future<Long>> limit = new CompletableFuture<>();
        source.eventLoop()
                .submit(() -> {
                    Future<Long> moved = EpollSplice.spliceTo(source, sink, 10 * READ);
                    moved.addListener(done -> limit.complete(handler.limit(READ)));
                    moved.cancel(false);
                })
                .sync();
        link.source().halfClose();
        assertEquals(0, await(result(limit)));
    }

    /** Which has ended its transfer, too. */
    @Test
    void shouldEndWhereTheInputHasEnded() throws Exception {
        source.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        CompletableFuture<Future<Long>> limit = limitBehind(10 * READ, READ);
        link.source().send(link.forward(), 0, READ, READ);
        link.source().halfClose();
        assertEquals(0, await(result(limit)));
    }

    /** The bytes and the end at once. */
    private void sendToTheEnd() throws Exception {
        LoopHold.whileHeld(source.eventLoop(), () -> {
            link.source().send(link.forward(), 0, READ, READ);
            link.source().halfClose();
        });
    }

    @Test
    void shouldBeFollowedByAnotherThoughTheEndHasCome() throws Exception {
        source.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        CompletableFuture<Future<Long>> second = new CompletableFuture<>();
        limitBehind(READ - 10, 4)
                .thenAccept(first -> first.addListener(
                        done -> second.complete(spliceHandler().limit(6))));
        sendToTheEnd();
        source.config().setAutoRead(true);
        assertEquals(6, await(result(second)));
        recorder.await(10);
        assertEquals(10, recorder.limited);
        verify(READ - 10);
    }

    @Test
    void shouldBeFollowedByATransferThoughTheEndHasCome() throws Exception {
        source.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        CompletableFuture<Future<Long>> transfer = new CompletableFuture<>();
        limitBehind(READ - 10, 4)
                .thenAccept(
                        first -> first.addListener(done -> transfer.complete(EpollSplice.spliceTo(source, sink, 5))));
        sendToTheEnd();
        source.config().setAutoRead(true);
        assertEquals(5, await(result(transfer)));
        recorder.await(5);
        assertEquals(4, recorder.limited);
        link.sink().receive(link.forward(), 0, READ - 10);
        link.sink().receive(link.forward(), READ - 6, READ - 1);
    }

    /** It has ended for whoever waits for it, but its last bytes have not been written. */
    @Test
    void shouldBeginWhereATransferEndedThatIsCancelled() throws Exception {
        source.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        EpollSpliceHandler handler = spliceHandler();
        CompletableFuture<ChannelPromise> written = holdWrite();
        Future<Long> moved = EpollSplice.spliceTo(source, sink, READ - 10);
        CompletableFuture<Future<Long>> limit = new CompletableFuture<>();
        link.source().send(link.forward(), 0, READ, READ);
        ChannelPromise promise = written.get(Await.BOUND.toSeconds(), TimeUnit.SECONDS);
        source.eventLoop().submit(() -> {}).sync(); // it has got all
        source.eventLoop()
                .submit(() -> {
                    moved.cancel(false);
                    limit.complete(handler.limit(20));
                })
                .sync();
        link.source().send(link.forward(), READ, 2 * READ, READ);
        link.source().halfClose();
        if (neverSplices()) { // then Netty reads all, unasked
            Await.until("it has been read", ((DuplexChannel) source)::isInputShutdown);
        }
        promise.setSuccess();
        source.config().setAutoRead(true);
        assertEquals(20, await(result(limit)));
        recorder.await(READ + 10);
        assertEquals(0, recorder.limitedAt);
        assertEquals(20, recorder.limited);
        verify(READ - 10);
    }

    /** What was in the socket then still comes, and counts. */
    @Test
    void shouldCountWhatComesAfterAnEndOfTheUsersOwn() throws Exception {
        source.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        EpollSpliceHandler handler = spliceHandler();
        link.source().send(link.forward(), 0, 3 * READ, 3 * READ);
        CompletableFuture<Future<Long>> limit = new CompletableFuture<>();
        source.eventLoop()
                .submit(() -> {
                    limit.complete(handler.limit(3 * READ));
                    ((DuplexChannel) source).shutdownInput();
                    source.config().setAutoRead(true);
                })
                .sync();
        recorder.await(3 * READ);
        assertEquals(3 * READ, await(result(limit)));
    }

    /** A cancelled one leaves a read outstanding, whose message nobody has asked for. */
    @Test
    void shouldNotBeOvertakenByAnotherTransfer() throws Exception {
        EpollSpliceHandler handler = spliceHandler();
        CompletableFuture<Future<Long>> limit = new CompletableFuture<>();
        source.eventLoop()
                .submit(() -> {
                    EpollSplice.spliceTo(source, sink, 10 * READ).cancel(false);
                    limit.complete(handler.limit(27));
                })
                .sync();
        link.source().send(link.forward(), 0, 6 * READ, 6 * READ);
        Future<Long> refused = EpollSplice.spliceTo(source, sink, READ);
        assertInstanceOf(IllegalStateException.class, refused.await().cause());
        assertFalse(result(limit).isDone());
        source.config().setAutoRead(true);
        assertEquals(27, await(result(limit)));
        recorder.await(6 * READ);
        assertEquals(0, recorder.limitedAt);
        assertEquals(27, recorder.limited);
        verify(0);
    }

    /** By another thread, before its event loop knows. */
    @Test
    void shouldReadAgainWhereAutoReadWasSwitchedOn() throws Exception {
        source.eventLoop()
                .submit(() -> {
                    Future<Long> moved = EpollSplice.spliceTo(source, sink, READ);
                    CompletableFuture.runAsync(() -> source.config().setAutoRead(true))
                            .join();
                    moved.cancel(false);
                })
                .sync();
        assertTrue(source.config().isAutoRead());
        link.source().send(link.forward(), 0, 6 * READ, 6 * READ);
        recorder.await(6 * READ);
        verify(0);
    }
}
