// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.LoopGroups;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Rig;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a transfer ends, and what the pipelines around it get. */
class SpliceToEndsTest extends TransferFixture {
    private static final int CHUNK = 64 * 1024;
    private static final int MIB = 1024 * 1024;
    private static final int REST = 5000;

    /** What has come to a channel's own pipeline. */
    private static long own(Channel channel) {
        return channel.pipeline().get(SpliceToTest.Rest.class).bytes.get();
    }

    /** Each begun by the listener of the one before, as stock's users do. */
    @ParameterizedTest
    @CsvSource({"1000, 60", "32768, 20", "100000, 8"})
    void shouldTakeExactlyItsBytesHoweverManyFollow(int bytes, int count) throws Exception {
        long all = (long) bytes * count;
        java.util.concurrent.Future<?> sent = rig.async(() -> link.source().send(link.forward(), 0, all + REST, CHUNK));
        List<Long> moved = new CopyOnWriteArrayList<>();
        CompletableFuture<Void> over = new CompletableFuture<>();
        transfer(bytes, count, moved, over);
        java.util.concurrent.Future<?> received = rig.async(() -> link.sink().receive(link.forward(), 0, all));
        Await.until("all have ended", moved::size, n -> n == count || over.isDone());
        over.get(Await.BOUND.toSeconds(), TimeUnit.SECONDS);
        Rig.await(received);
        Rig.await(sent);
        assertEquals(Collections.nCopies(count, (long) bytes), moved);
        source.eventLoop().submit(() -> {}).syncUninterruptibly();
        assertEquals(0, own(source), "nobody asked for it");
        source.config().setAutoRead(true);
        Await.until("the rest is the source's own", () -> own(source), n -> n == REST);
    }

    /** Each begun when all is quiet: what is written is sent at once, and written before the call returns if it is flushed. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldTakeWhatTheOneBeforeReadTooMuch(boolean flushesAtOnce) throws Exception {
        if (flushesAtOnce) {
            sink.pipeline().addLast(new ChannelOutboundHandlerAdapter() {
                @Override
                public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
                    ctx.writeAndFlush(message, promise);
                }
            });
        }
        long bytes = READ / 3;
        int count = 10;
        link.source().send(link.forward(), 0, bytes * count, CHUNK);
        for (int i = 0; i < count; i++) {
            assertEquals(bytes, await(EpollSplice.spliceTo(source, sink, bytes)));
        }
        link.sink().receive(link.forward(), 0, bytes * count);
    }

    private void transfer(long bytes, int count, List<Long> moved, CompletableFuture<Void> over) {
        EpollSplice.spliceTo(source, sink, bytes).addListener((Future<Long> done) -> {
            if (!done.isSuccess()) {
                over.completeExceptionally(done.cause());
                return;
            }
            moved.add(done.getNow());
            if (moved.size() < count) {
                transfer(bytes, count, moved, over);
            } else {
                over.complete(null);
            }
        });
    }

    @Test
    void shouldFailAtOnceWhereTheSourceIsClosed() throws Exception {
        source.close().sync();
        Future<Long> moved = EpollSplice.spliceTo(source, sink);
        assertInstanceOf(ClosedChannelException.class, cause(moved));
    }

    @Test
    void shouldFailAtOnceWhereTheSinkIsClosed() throws Exception {
        sink.close().sync();
        Future<Long> moved = EpollSplice.spliceTo(source, sink);
        assertInstanceOf(ClosedChannelException.class, cause(moved));
    }

    /** What has been taken is written; then it fails. */
    @Test
    void shouldFailWhenTheSourceIsClosedWhileBytesWaitAtTheSink() throws Exception {
        Future<Long> moved = EpollSplice.spliceTo(source, sink);
        rig.async(() -> link.source().send(link.forward(), 0, 64 * MIB, CHUNK));
        Await.until(
                "bytes wait at the sink", () -> sink.unsafe().outboundBuffer().size() > 0);
        source.close().sync();
        CompletableFuture<Peer.Received> received =
                CompletableFuture.supplyAsync(() -> link.sink().receiveToEnd(link.forward(), 0));
        assertInstanceOf(ClosedChannelException.class, cause(moved));
        sink.close();
        assertTrue(received.get(Await.BOUND.toSeconds(), TimeUnit.SECONDS).bytes() > 0);
    }

    private static Throwable cause(Future<?> failed) {
        assertTrue(failed.awaitUninterruptibly(Await.BOUND.toMillis()), "it never ends");
        return failed.cause();
    }

    /** The splice handler that the transfer puts into the sink's pipeline comes late. */
    @Test
    void shouldLeaveTheSinksOwnReadAsItWas() throws Exception {
        sink.eventLoop().submit(() -> sink.read()).syncUninterruptibly();
        Future<Long> moved = EpollSplice.spliceTo(source, sink, MIB);
        link.carry(0, MIB, CHUNK);
        assertEquals(MIB, await(moved));
        link.sink().send(link.backward(), 0, REST, CHUNK);
        Await.until("the sink's read is served", () -> own(sink) > 0);
    }

    /** It is an IOException, too, and goes by the same way. */
    @Test
    void shouldGoOnWhereOnlyTheOutputOfItsSourceFails() throws Exception {
        Future<Long> moved = EpollSplice.spliceTo(source, sink, MIB);
        source.eventLoop()
                .submit(() -> {
                    source.writeAndFlush(Unpooled.buffer(64 * MIB).writeZero(64 * MIB), source.voidPromise());
                    ((DuplexChannel) source).shutdownOutput();
                })
                .sync();
        link.carry(0, MIB, CHUNK);
        assertEquals(MIB, await(moved));
        assertEquals(0, own(source));
    }

    @Test
    void shouldNotFailForWhatFailedBefore() throws Exception {
        assertEquals(0, await(EpollSplice.spliceTo(source, sink, 0)));
        source.pipeline().fireExceptionCaught(new IOException("somebody else's"));
        assertEquals(0, await(EpollSplice.spliceTo(source, sink, 0)));
    }

    /** What nobody has asked for stays out of the source's own pipeline. */
    @Test
    void shouldReadNothingForTheSourceWhenItIsCancelled() throws Exception {
        AtomicLong reads = new AtomicLong();
        source.pipeline().addLast(new ChannelOutboundHandlerAdapter() {
            @Override
            public void read(ChannelHandlerContext ctx) {
                reads.incrementAndGet();
                ctx.read();
            }
        });
        Future<Long> moved = EpollSplice.spliceTo(source, sink, MIB);
        link.carry(0, REST, CHUNK);
        moved.cancel(false);
        source.eventLoop().submit(() -> {}).sync();
        link.source().send(link.forward(), REST, 2 * REST, CHUNK);
        for (int turns = 0; turns < 3; turns++) { // in which the loop may read them
            source.eventLoop().submit(() -> {}).sync();
        }
        assertEquals(0, reads.get());
        assertEquals(0, own(source));
        source.read();
        Await.until("it has asked", () -> own(source) > 0);
    }

    /** Where Netty takes back all that was asked; and then their first loop ends. */
    @Test
    void shouldGoOnWhenItsChannelsMoveToAnotherLoop() throws Exception {
        EventLoopGroup first = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        EventLoopGroup second = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        try {
            move(first);
            Future<Long> moved = EpollSplice.spliceTo(source, sink, 2L * MIB);
            link.carry(0, MIB, CHUNK);
            move(second);
            LoopGroups.end(first);
            link.carry(MIB, 2L * MIB, CHUNK);
            CompletableFuture<Long> told = new CompletableFuture<>();
            moved.addListener((Future<Long> done) -> told.complete(done.getNow()));
            assertEquals(2L * MIB, told.get(Await.BOUND.toSeconds(), TimeUnit.SECONDS));
        } finally {
            source.close().sync();
            sink.close().sync();
            LoopGroups.end(first);
            LoopGroups.end(second);
        }
    }

    /** Nobody tells what became of a write that it does not take any more. */
    @Test
    void shouldFailWhereTheLoopOfItsSinkHasEnded() throws Exception {
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        sink.deregister().sync();
        group.register(sink).sync();
        Future<Long> moved = EpollSplice.spliceTo(source, sink, 2L * MIB);
        link.carry(0, MIB, CHUNK);
        source.pipeline().addFirst(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
                LoopGroups.end(group);
                ctx.fireChannelRead(message);
            }
        });
        link.source().send(link.forward(), MIB, MIB + CHUNK, CHUNK);
        assertThrows(ExecutionException.class, () -> await(moved));
    }

    private void move(EventLoopGroup group) throws InterruptedException {
        for (Channel channel : new Channel[] {sink, source}) {
            channel.deregister().sync();
            group.register(channel).sync();
        }
    }
}
