// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalChannel;
import io.netty.channel.local.LocalIoHandler;
import io.netty.channel.local.LocalServerChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringSocketChannel;
import io.transportsplice.relay.RelayHandler;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Backend;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Carriage;
import io.transportsplice.testing.Family;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.LoopGroups;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.UserRelayHandler;
import io.transportsplice.testing.UserRelayHandler.Idiom;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Buffers get where nobody thought they would: the bytes arrive, or are gone with their pipe, but never go astray. */
@ExtendWith(Baseline.class)
@Timeout(120)
class OddSinkTest {
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY"})
    void shouldEchoWhatAChannelSendsToItself(Mode mode) throws Exception {
        Carriage carriage = new Carriage();
        try (Rig rig = new Rig(mode)) {
            rig.configure(c -> c.relay(() -> new UserRelayHandler(Idiom.AUTO_READ), (front, back) -> {
                UserRelayHandler.join(front, front);
                back.close();
            }));
            Link link = rig.link(Route.TCP_TCP_UP);
            Future<?> sending = rig.async(() -> {
                link.source().send(link.forward(), 0, 32 * MIB, 64 * KIB);
                link.source().halfClose();
            });
            Link.expect(new Peer.Received(32 * MIB, Peer.End.EOF), link.source().receiveToEnd(link.forward(), 0));
            Rig.await(sending);
        }
        carriage.verifyStream(mode, 32 * MIB);
    }

    @Test
    void shouldCloseThePipesOfBuffersThatAreReleasedUnread() throws Exception {
        long dirtyBefore = SpliceMetrics.snapshot().pipesClosedDirty();
        try (Rig rig = new Rig(Mode.SPLICE)) {
            rig.configure(c -> c.pipeline((side, pipeline) -> pipeline.addLast(new SimpleChannelInboundHandler<>() {
                @Override
                protected void channelRead0(ChannelHandlerContext ctx, Object msg) {} // released by its caller
            })));
            Link link = rig.link(Route.TCP_TCP_UP);
            link.source().send(link.forward(), 0, 64 * MIB, 64 * KIB);
            link.source().halfClose();
            link.expectEndOfForward(0);
            link.finish();
        }
        assertTrue(SpliceMetrics.snapshot().pipesClosedDirty() > dirtyBefore);
    }

    @Test
    void shouldLetAHandlerLookAtTheBytes() throws Exception {
        AtomicInteger looked = new AtomicInteger();
        try (Rig rig = new Rig(Mode.SPLICE)) {
            rig.configure(c -> c.pipeline((side, pipeline) -> pipeline.addLast(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext ctx, Object msg) {
                    if (msg instanceof PipeByteBuf buffer && looked.incrementAndGet() % 2 == 0) {
                        buffer.getByte(0);
                    }
                    ctx.fireChannelRead(msg);
                }
            })));
            Link link = rig.link(Route.TCP_TCP_UP);
            link.carryToEnd(32 * MIB, 64 * KIB);
            link.finish();
        }
        assertTrue(looked.get() > 1);
    }

    /** As of any buffer that has two owners. */
    @Test
    void shouldSendABufferOnceForEachWriteOfIt() throws Exception {
        AtomicLong twice = new AtomicLong();
        try (Rig rig = new Rig(Mode.SPLICE)) {
            rig.configure(c -> c.pipeline((side, pipeline) -> pipeline.addLast(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext ctx, Object msg) {
                    ByteBuf second = ((ByteBuf) msg).retainedDuplicate();
                    twice.addAndGet(second.readableBytes());
                    ctx.fireChannelRead(msg);
                    rig.relay().lastPair().back().write(second);
                }
            })));
            Link link = rig.link(Route.TCP_TCP_UP);
            rig.relay().lastPair();
            link.source().send(link.forward(), 0, 100, 100);
            link.sink().receive(link.forward(), 0, 100);
            link.sink().receive(link.forward(), 0, 100);
            link.source().close();
        }
        assertEquals(100, twice.get());
    }

    /** The upstream is on another transport and another thread, with or without a splice handler that can do nothing. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY"})
    void shouldCopyIntoAnotherTransport(Mode mode) throws Exception {
        EventLoopGroup nio = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try (Rig rig = new Rig(mode);
                Backend backend = Backend.open(Family.TCP, 0)) {
            for (boolean spliceHandler : new boolean[] {true, false}) {
                rig.configure(c -> c.relay(RelayHandler::new, (front, unused) -> {
                    unused.close();
                    connect(nio, NioSocketChannel.class, backend, spliceHandler)
                            .addListener((ChannelFuture f) -> RelayHandler.join(front, f.channel()));
                }));
                long looksBefore = looks();
                Peer client = rig.connect(Route.TCP_TCP_UP);
                try (Peer server = backend.accept()) {
                    Link link = rig.between(client, server);
                    link.carryToEnd(24 * MIB, 64 * KIB);
                    link.carryBack(0, 24 * MIB, 64 * KIB);
                    link.finish(24 * MIB);
                }
                rig.relay().awaitNoChannels();
                if (mode == Mode.SPLICE) {
                    assertTrue(looks() > looksBefore, "silent, with a splice handler: " + spliceHandler);
                }
            }
        } finally {
            LoopGroups.end(nio);
        }
    }

    private static long looks() {
        return SpliceMetrics.snapshot().fallbacks(SpliceFallback.LOOKED_AT);
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY"})
    void shouldCopyIntoIoUring(Mode mode) throws Exception {
        assumeTrue(IoUring.isAvailable(), () -> "SKIPPED, no io_uring here: " + IoUring.unavailabilityCause());
        EventLoopGroup uring = new MultiThreadIoEventLoopGroup(1, IoUringIoHandler.newFactory());
        try (Rig rig = new Rig(mode);
                Backend backend = Backend.open(Family.TCP, 0)) {
            rig.configure(c -> c.relay(RelayHandler::new, (front, unused) -> {
                unused.close();
                connect(uring, IoUringSocketChannel.class, backend, true)
                        .addListener((ChannelFuture f) -> RelayHandler.join(front, f.channel()));
            }));
            Peer client = rig.connect(Route.TCP_TCP_UP);
            try (Peer server = backend.accept()) {
                Link link = rig.between(client, server);
                link.carryToEnd(24 * MIB, 64 * KIB);
                link.carryBack(0, 24 * MIB, 64 * KIB);
                link.finish(24 * MIB);
            }
            rig.relay().awaitNoChannels();
        } finally {
            LoopGroups.end(uring);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY"})
    void shouldBecomeBuffersForALocalChannel(Mode mode) throws Exception {
        EventLoopGroup local = new MultiThreadIoEventLoopGroup(1, LocalIoHandler.newFactory());
        LocalAddress address = new LocalAddress("odd-sink");
        Pattern pattern = new Pattern(0); // the first link's
        AtomicLong received = new AtomicLong();
        Channel server = new ServerBootstrap()
                .group(local)
                .channel(LocalServerChannel.class)
                .childHandler(new SimpleChannelInboundHandler<ByteBuf>() {
                    @Override
                    protected void channelRead0(ChannelHandlerContext ctx, ByteBuf bytes) {
                        byte[] array = ByteBufUtil.getBytes(bytes);
                        pattern.verify(array, 0, array.length, received.get());
                        received.addAndGet(array.length);
                    }
                })
                .bind(address)
                .syncUninterruptibly()
                .channel();
        Channel sink = new Bootstrap()
                .group(local)
                .channel(LocalChannel.class)
                .handler(new EpollSpliceHandler())
                .connect(address)
                .syncUninterruptibly()
                .channel();
        try (Rig rig = new Rig(mode)) {
            rig.configure(c -> c.relay(Waiting::new, (front, back) -> {
                back.close();
                front.pipeline().addLast(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext ctx, Object message) {
                        sink.writeAndFlush(message).addListener(written -> ctx.read());
                    }
                });
                front.read();
            }));
            Link link = rig.link(Route.TCP_TCP_UP);
            link.source().send(link.forward(), 0, 24 * MIB, 64 * KIB);
            Await.until("all bytes are there", received::get, bytes -> bytes == 24 * MIB);
            link.source().close();
        } finally {
            sink.close().syncUninterruptibly();
            server.close().syncUninterruptibly();
            LoopGroups.end(local);
        }
    }

    private static final class Waiting extends ChannelInboundHandlerAdapter {
        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            ctx.channel().config().setAutoRead(false);
        }
    }

    private static ChannelFuture connect(
            EventLoopGroup group, Class<? extends Channel> channel, Backend backend, boolean spliceHandler) {
        return new Bootstrap()
                .group(group)
                .channel(channel)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        if (spliceHandler) {
                            channel.pipeline().addLast(new EpollSpliceHandler());
                        }
                        channel.pipeline().addLast(new RelayHandler());
                    }
                })
                .connect(backend.address());
    }

    /** Netty then takes the channel off its loop before it closes it, and closes it elsewhere. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY"})
    void shouldEndWellWithALingeringClose(Mode mode) throws Exception {
        try (Rig rig = new Rig(mode)) {
            rig.smallBuffers()
                    .configure(c -> c.pipeline(
                            (side, pipeline) -> pipeline.channel().config().setOption(ChannelOption.SO_LINGER, 1)));
            Link whole = rig.link(Route.TCP_TCP_UP);
            whole.carryToEnd(2 * MIB, 64 * KIB);
            whole.carryBack(0, 2 * MIB, 64 * KIB);
            whole.finish(2 * MIB);
            rig.relay().awaitNoChannels();
            Link broken = rig.link(Route.TCP_TCP_UP);
            broken.fillUp(4 * MIB);
            rig.relay().lastPair().back().close();
            broken.sink().receiveToEnd(broken.forward(), 0);
            rig.relay().awaitNoChannels();
        }
    }
}
