// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.UnsupportedMessageTypeException;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.LoopHold;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** A source that has changed between two transfers: its pipeline, or its event loop. */
class SpliceToPlaceTest extends TransferFixture {

    /** As whatever a handler holds that is removed. */
    @Test
    void shouldLeaveToTheSourceWhatIsHeldByAHandlerThatIsRemoved() throws Exception {
        SpliceToTest.Rest rest = source.pipeline().get(SpliceToTest.Rest.class);
        link.source().send(link.forward(), 0, READ, READ);
        assertEquals(READ - 1, await(EpollSplice.spliceTo(source, sink, READ - 1)));
        source.eventLoop()
                .submit(() -> source.pipeline().replace(EpollSpliceHandler.class, null, new EpollSpliceHandler()))
                .sync();
        int held = (int) rest.bytes.get(); // none where it is spliced, and still to come
        Future<Long> moved = EpollSplice.spliceTo(source, sink, READ);
        link.source().send(link.forward(), READ, 2 * READ, READ);
        assertEquals(READ, await(moved));
        link.sink().receive(link.forward(), 0, READ - 1);
        link.sink().receive(link.forward(), READ - 1 + held, 2 * READ - 1 + held);
    }

    @Test
    void shouldBeginWithWhatIsHeldThoughAnotherSpliceHandlerCameInFront() throws Exception {
        link.source().send(link.forward(), 0, READ, READ);
        assertEquals(READ - 1, await(EpollSplice.spliceTo(source, sink, READ - 1)));
        source.eventLoop()
                .submit(() -> source.pipeline().addFirst(new EpollSpliceHandler()))
                .sync();
        Future<Long> moved = EpollSplice.spliceTo(source, sink, READ);
        link.source().send(link.forward(), READ, 2 * READ, READ);
        assertEquals(READ, await(moved));
        link.sink().receive(link.forward(), 0, 2 * READ - 1);
    }

    /** Which has taken its last bytes, but not written them: what it changed is as it was, and then the second's. */
    @Test
    void shouldBeginThoughTheHandlerOfAnotherWasRemovedThatStillWrites() throws Exception {
        spliceHandler();
        CompletableFuture<ChannelPromise> written = holdWrite();
        Future<Long> first = EpollSplice.spliceTo(source, sink, READ);
        link.source().send(link.forward(), 0, READ / 2, READ / 2);
        ChannelPromise promise = written.get(Await.BOUND.toSeconds(), TimeUnit.SECONDS);
        source.eventLoop()
                .submit(() -> source.pipeline().remove(EpollSpliceHandler.class))
                .sync();
        Future<Long> second = EpollSplice.spliceTo(source, sink, READ);
        promise.setSuccess();
        assertInstanceOf(IllegalStateException.class, first.await().cause());
        assertTrue(isTaken());
        assertEquals(true, source.config().getOption(ChannelOption.ALLOW_HALF_CLOSURE));
        second.cancel(false);
        source.eventLoop().submit(() -> {}).sync();
        assertEquals(false, source.config().getOption(ChannelOption.ALLOW_HALF_CLOSURE));
    }

    /** While the first still wrote: the stream was cut. */
    @Test
    void shouldFailWhereItsSourceFailedBefore() throws Exception {
        Assumptions.assumeTrue(source instanceof SocketChannel, "unix sockets know no reset");
        CompletableFuture<ChannelPromise> written = holdWrite();
        CompletableFuture<Future<Long>> second = new CompletableFuture<>();
        EpollSplice.spliceTo(source, sink, READ)
                .addListener(done -> second.complete(EpollSplice.spliceTo(source, sink)));
        link.source().send(link.forward(), 0, READ, READ);
        ChannelPromise promise = written.get(Await.BOUND.toSeconds(), TimeUnit.SECONDS);
        link.source().reset();
        Await.until("it has failed", ((DuplexChannel) source)::isInputShutdown);
        promise.setSuccess();
        Future<Long> failed = second.get(Await.BOUND.toSeconds(), TimeUnit.SECONDS);
        assertInstanceOf(IOException.class, failed.await().cause());
    }

    /** Whose own pipeline has asked for a message, which comes then, copied. */
    @Test
    void shouldSpliceNothingOnceItsHandlerIsRemoved() throws Exception {
        EpollSpliceHandler handler = spliceHandler();
        source.config().setAutoRead(true);
        SpliceToTest.Rest rest = source.pipeline().get(SpliceToTest.Rest.class);
        EpollSplice.spliceTo(source, sink, 10 * READ);
        source.eventLoop()
                .submit(() -> {
                    source.read();
                    source.pipeline().remove(handler);
                })
                .sync();
        link.source().send(link.forward(), 0, 3 * READ, READ);
        Await.until("all has come", rest.bytes::get, bytes -> bytes == 3 * READ);
        assertFalse(source.eventLoop().submit(handler::isSplicing).get());
    }

    /** What it does there is not done on the source's loop. */
    @Test
    @SuppressWarnings("deprecation") // to add it with an executor: users may
    void shouldUseNoHandlerWithAnExecutorOfItsOwn() throws Exception {
        source.pipeline().addFirst(GlobalEventExecutor.INSTANCE, "own", new EpollSpliceHandler());
        Future<Long> moved = EpollSplice.spliceTo(source, sink, READ);
        link.source().send(link.forward(), 0, READ, READ);
        assertEquals(READ, await(moved));
        link.sink().receive(link.forward(), 0, READ);
    }

    /** Whoever is told of it may begin another. */
    @Test
    void shouldLeaveItsSourceBeforeItTellsThatItsSinkIsClosed() throws Exception {
        sink.close().sync();
        CompletableFuture<Future<Long>> second = new CompletableFuture<>();
        LoopHold.whileHeld(
                source.eventLoop(),
                () -> EpollSplice.spliceTo(source, sink)
                        .addListener(done -> second.complete(EpollSplice.spliceTo(source, sink))));
        Future<Long> refused = second.get(Await.BOUND.toSeconds(), TimeUnit.SECONDS);
        assertInstanceOf(ClosedChannelException.class, refused.await().cause());
    }

    /** While its sink is asked, on another loop; and nothing more comes. */
    @Test
    void shouldFailThoughWhatAreNoBytesCameBeforeItBegan() throws Exception {
        EventLoop elsewhere = moveSink();
        spliceHandler();
        source.pipeline().addFirst(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                ReferenceCountUtil.release(message);
                ctx.fireChannelRead("decoded");
            }
        });
        CompletableFuture<Future<Long>> moved = new CompletableFuture<>();
        LoopHold.whileHeld(elsewhere, () -> {
            source.eventLoop().execute(() -> {
                source.read();
                moved.complete(EpollSplice.spliceTo(source, sink, READ));
            });
            link.source().send(link.forward(), 0, 1, 1);
            Await.until("it has been read", () -> unread() == 0);
            source.eventLoop().submit(() -> {}).sync();
        });
        ExecutionException e = assertThrows(ExecutionException.class, () -> await(moved.get()));
        assertInstanceOf(UnsupportedMessageTypeException.class, e.getCause());
    }

    /** Before its first loop has done what the transfer has left to do: in their order, and not by the two of them. */
    @Test
    void shouldGiveWhatIsHeldOnTheLoopToWhichItHasMovedMeanwhile() throws Exception {
        Recorder recorder = new Recorder();
        source.eventLoop()
                .submit(() -> {
                    spliceHandler();
                    source.pipeline().addFirst(new Halver()); // so two are held
                    source.pipeline().addLast(recorder);
                    source.pipeline().remove(SpliceToTest.Rest.class);
                })
                .sync();
        EventLoop first = source.eventLoop();
        EventLoop elsewhere = others.next();
        Future<Long> moved = EpollSplice.spliceTo(source, sink, 1);
        CountDownLatch registered = new CountDownLatch(1);
        CountDownLatch left = new CountDownLatch(1);
        moved.addListener(done -> {
            source.read();
            source.deregister().addListener(gone -> {
                elsewhere.register(source).addListener(there -> {
                    registered.countDown();
                    assertTrue(left.await(Await.BOUND.toSeconds(), TimeUnit.SECONDS)); // the first loop comes first
                });
                assertTrue(registered.await(Await.BOUND.toSeconds(), TimeUnit.SECONDS));
                first.execute(left::countDown);
            });
        });
        link.source().send(link.forward(), 0, READ, READ);
        await(moved);
        Await.until(
                "it is there",
                () -> source.eventLoop().inEventLoop() || source.eventLoop().parent() == others);
        link.source().send(link.forward(), READ, 2 * READ, READ);
        Await.until("the rest has come", recorder.bytes::readableBytes, bytes -> bytes == 2 * READ - 1);
        byte[] received = new byte[2 * READ - 1];
        recorder.bytes.readBytes(received);
        link.forward().verify(received, 0, received.length, 1);
    }

    /** Makes two messages of each. */
    private static final class Halver extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof ByteBuf bytes) {
                ctx.fireChannelRead(bytes.readRetainedSlice(bytes.readableBytes() / 2));
            }
            ctx.fireChannelRead(message);
        }
    }

    /** Asks for one message after the other. */
    private static final class Recorder extends ChannelInboundHandlerAdapter {
        private final ByteBuf bytes = Unpooled.buffer();

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            bytes.writeBytes((ByteBuf) message);
            ReferenceCountUtil.release(message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            ctx.read();
        }
    }
}
