// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.FileDescriptor;
import io.netty.handler.codec.UnsupportedMessageTypeException;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.LoopHold;
import io.transportsplice.testing.MessageCounter;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a transfer has read too much, and who gets it. */
class SpliceToHeldTest extends TransferFixture {
    @TempDir
    private Path dir;

    @Test
    void shouldTakeWhatIsHeldThoughTheHandlerWasRemoved() throws Exception {
        link.source().send(link.forward(), 0, READ, READ);
        assertEquals(READ - 1, await(EpollSplice.spliceTo(source, sink, READ - 1)));
        source.pipeline().remove(EpollSpliceHandler.class);
        link.source().send(link.forward(), READ, 2 * READ, READ);
        assertEquals(READ, await(EpollSplice.spliceTo(source, sink, READ)));
    }

    @Test
    void shouldLeaveWhatIsHeldWhereTheSinkIsClosed() throws Exception {
        link.source().send(link.forward(), 0, READ, READ);
        assertEquals(READ - 1, await(EpollSplice.spliceTo(source, sink, READ - 1)));
        moveSink(); // whose loop tells of it too late
        sink.close().sync();
        ExecutionException e =
                assertThrows(ExecutionException.class, () -> await(EpollSplice.spliceTo(source, sink, READ)));
        assertInstanceOf(ClosedChannelException.class, e.getCause());
        source.config().setAutoRead(true);
        SpliceToTest.Rest rest = source.pipeline().get(SpliceToTest.Rest.class);
        Await.until("what was held has come", rest.bytes::get, bytes -> bytes == 1);
    }

    @Test
    void shouldRefuseAnEndThatHasNoEventLoop() {
        EpollSocketChannel unregistered = new EpollSocketChannel();
        assertThrows(IllegalStateException.class, () -> EpollSplice.spliceTo(unregistered, sink));
        assertThrows(IllegalStateException.class, () -> EpollSplice.spliceTo(source, unregistered));
        assertFalse(isTaken());
        unregistered.unsafe().closeForcibly();
    }

    @Test
    void shouldRefuseASourceThatIsNoStream() {
        EpollDatagramChannel datagrams = new EpollDatagramChannel();
        source.eventLoop().register(datagrams).syncUninterruptibly();
        assertThrows(IllegalArgumentException.class, () -> EpollSplice.spliceTo(datagrams, sink));
        datagrams.close().syncUninterruptibly();
        EpollServerSocketChannel server = new EpollServerSocketChannel();
        source.eventLoop().register(server).syncUninterruptibly();
        assertThrows(IllegalArgumentException.class, () -> EpollSplice.spliceTo(server, sink));
        server.close().syncUninterruptibly();
    }

    /** Such as a decoder's: to hold one after the other would be for ever. */
    @Test
    void shouldFailWhereWhatItReadsAreNoBytes() throws Exception {
        spliceHandler();
        source.pipeline().addFirst(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                ReferenceCountUtil.release(message);
                ctx.fireChannelRead("decoded");
            }
        });
        Future<Long> moved = EpollSplice.spliceTo(source, sink, READ);
        link.source().send(link.forward(), 0, READ, READ);
        ExecutionException e = assertThrows(ExecutionException.class, () -> await(moved));
        assertInstanceOf(UnsupportedMessageTypeException.class, e.getCause());
    }

    /** Begins a transfer when it gets the first message. */
    private static final class Beginner extends ChannelInboundHandlerAdapter {
        private final FileDescriptor file;
        private final ExecutorService writer;
        private final CompletableFuture<Long> second = new CompletableFuture<>();
        private long bytes;
        private long first;

        Beginner(FileDescriptor file, ExecutorService writer) {
            this.file = file;
            this.writer = writer;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (bytes == 0) {
                first = ((ByteBuf) message).readableBytes();
                begin(ctx.channel());
            }
            bytes += ((ByteBuf) message).readableBytes();
            ReferenceCountUtil.release(message);
        }

        private void begin(Channel channel) {
            EpollSplice.spliceTo(channel, file, 0, READ, writer)
                    .addListener(first -> EpollSplice.spliceTo(channel, file, READ, 2 * READ, writer)
                            .addListener((Future<Long> done) -> second.complete(done.getNow())));
        }
    }

    /** Such as an SslHandler, by STARTTLS. */
    @Test
    void shouldShowWhatIsHeldToAHandlerThatComesRightBehindTheSpliceHandler() throws Exception {
        String splice = source.pipeline().context(spliceHandler()).name();
        MessageCounter late = new MessageCounter();
        Future<Long> moved = EpollSplice.spliceTo(source, sink, READ - 1);
        moved.addListener(done -> source.pipeline().addAfter(splice, null, late));
        link.source().send(link.forward(), 0, 3 * READ, 3 * READ);
        assertEquals(READ - 1, await(moved));
        source.config().setAutoRead(true);
        SpliceToTest.Rest rest = source.pipeline().get(SpliceToTest.Rest.class);
        Await.until("all has come", rest.bytes::get, bytes -> bytes == 2 * READ + 1);
        assertEquals(2 * READ + 1, late.bytesRead.get());
    }

    /** Else two threads would tell what has come, in no order. */
    @Test
    void shouldGiveWhatIsHeldWhereItsSourceIsRegistered() throws Exception {
        SpliceToTest.Rest rest = source.pipeline().get(SpliceToTest.Rest.class);
        List<Boolean> there = new CopyOnWriteArrayList<>();
        source.pipeline().addBefore(source.pipeline().context(rest).name(), null, new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                there.add(ctx.channel().isRegistered()
                        && ctx.channel().eventLoop().inEventLoop());
                ctx.fireChannelRead(message);
            }
        });
        source.config().setAutoRead(true);
        EventLoop first = source.eventLoop();
        EventLoop elsewhere = others.next();
        Future<Long> moved = EpollSplice.spliceTo(source, sink, READ - 1);
        moved.addListener(done -> source.deregister());
        Await.until("it has begun", this::isTaken); // before, all is its own
        link.source().send(link.forward(), 0, READ, READ);
        await(moved);
        Await.until("it has left its loop", () -> !source.isRegistered());
        first.submit(() -> {}).sync(); // it has done what it had to do
        elsewhere.register(source).sync();
        link.source().send(link.forward(), READ, 2 * READ, READ);
        Await.until("the rest has come", rest.bytes::get, bytes -> bytes == READ + 1);
        assertFalse(there.contains(false));
    }

    /** What comes meanwhile is for the transfer. */
    @Test
    void shouldTakeTheSourceAtOnceThoughItsSinkIsElsewhere() throws Exception {
        EventLoop elsewhere = moveSink();
        link.source().send(link.forward(), 0, 3 * READ, 3 * READ);
        SpliceToTest.Rest rest = source.pipeline().get(SpliceToTest.Rest.class);
        CompletableFuture<Future<Long>> moved = new CompletableFuture<>();
        LoopHold.whileHeld(elsewhere, () -> {
            source.eventLoop().execute(() -> {
                source.config().setAutoRead(true);
                moved.complete(EpollSplice.spliceTo(source, sink, 2 * READ));
            });
            moved.get();
            for (int i = 0; i < 5; i++) {
                source.eventLoop().schedule(() -> {}, 1, TimeUnit.MILLISECONDS).sync(); // it has had its events
            }
        });
        assertEquals(2 * READ, await(moved.get()));
        Await.until("the rest has come", rest.bytes::get, bytes -> bytes == READ);
        link.sink().receive(link.forward(), 0, 2 * READ);
    }

    @Test
    void shouldLeaveTheRestToATransferThatAReceiverBegins() throws Exception {
        ExecutorService writer = Executors.newSingleThreadExecutor();
        FileDescriptor file =
                FileDescriptor.from(Files.createFile(dir.resolve("file")).toFile());
        try {
            source.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
            Beginner beginner = new Beginner(file, writer);
            source.pipeline().addLast(beginner);
            source.pipeline().remove(SpliceToTest.Rest.class);
            Future<Long> first = EpollSplice.spliceTo(source, sink, READ / 2);
            Await.until("it has begun", this::isTaken);
            link.source().send(link.forward(), 0, 10 * READ, 10 * READ);
            link.source().halfClose();
            assertEquals(READ / 2, await(first));
            source.config().setAutoRead(true);
            long second = beginner.second.get(Await.BOUND.toSeconds(), TimeUnit.SECONDS);
            long rest = 10 * READ - READ / 2 - beginner.first - READ; // none where it is spliced, and comes at once
            assertEquals(Math.max(0, Math.min(2 * READ, rest)), second);
        } finally {
            writer.shutdown();
            file.close();
        }
    }
}
