// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultEventLoopGroup;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.transportsplice.SpliceOptions.Policy;
import io.transportsplice.relay.RelayHandler;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Backend;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Carriage;
import io.transportsplice.testing.CrampedLoop;
import io.transportsplice.testing.Family;
import io.transportsplice.testing.LoopGroups;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Peer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Baseline.class)
@Timeout(60)
class WrappedGroupTest {
    private static final int MIB = 1024 * 1024;

    private static final SpliceOptions ALWAYS =
            SpliceOptions.builder().policy(SpliceOptions.Policy.ALWAYS).build();

    private final AtomicInteger registrations = new AtomicInteger();

    @Test
    void shouldSpliceWithoutRegisteringTwice() throws Exception {
        Carriage carriage = new Carriage();
        long adoptions = SpliceMetrics.snapshot().adoptions();
        IoEventLoopGroup group = EpollSplice.wrap(new MultiThreadIoEventLoopGroup(2, EpollIoHandler.newFactory()));
        try (Backend backend = Backend.open(Family.TCP, 0)) {
            Channel server = new ServerBootstrap()
                    .group(group)
                    .channel(EpollServerSocketChannel.class)
                    .childHandler(front(backend))
                    .bind(InetAddress.getLoopbackAddress(), 0)
                    .syncUninterruptibly()
                    .channel();
            try (Peer client = Peer.connect(server.localAddress());
                    Peer accepted = backend.accept()) {
                Pattern pattern = new Pattern(1);
                CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> send(client, pattern));
                assertEquals(new Peer.Received(32 * MIB, Peer.End.EOF), accepted.receiveToEnd(pattern, 0));
                sending.get(20, TimeUnit.SECONDS);
                accepted.halfClose();
                assertEquals(new Peer.Received(0, Peer.End.EOF), client.receiveToEnd(pattern, 0));
            }
            server.close().syncUninterruptibly();
        } finally {
            LoopGroups.end(group);
        }
        carriage.awaitAtLeast(31 * MIB);
        assertEquals(adoptions, SpliceMetrics.snapshot().adoptions());
        assertEquals(2, registrations.get());
    }

    /** With autoRead off a handler that others stand in front of may not splice; its initializer is not one of them. */
    @Test
    void shouldSpliceTheFirstMessageThatIsAskedFor() throws Exception {
        long refused = SpliceMetrics.snapshot().fallbacks(SpliceFallback.NOT_FIRST);
        IoEventLoopGroup group = EpollSplice.wrap(new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory()));
        CompletableFuture<Boolean> inAPipe = new CompletableFuture<>();
        try {
            Channel server = new ServerBootstrap()
                    .group(group)
                    .channel(EpollServerSocketChannel.class)
                    .childOption(ChannelOption.AUTO_READ, false)
                    .childHandler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            channel.pipeline().addLast(new EpollSpliceHandler(ALWAYS), new Asking(inAPipe));
                        }
                    })
                    .bind(InetAddress.getLoopbackAddress(), 0)
                    .syncUninterruptibly()
                    .channel();
            try (Peer client = Peer.connect(server.localAddress())) {
                client.send(new Pattern(1), 0, 100, 100);
                assertTrue(inAPipe.get(20, TimeUnit.SECONDS));
            }
            server.close().syncUninterruptibly();
        } finally {
            LoopGroups.end(group);
        }
        assertEquals(refused, SpliceMetrics.snapshot().fallbacks(SpliceFallback.NOT_FIRST));
    }

    private static final class Asking extends SimpleChannelInboundHandler<ByteBuf> {
        private final CompletableFuture<Boolean> inAPipe;

        Asking(CompletableFuture<Boolean> inAPipe) {
            this.inAPipe = inAPipe;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            ctx.read();
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, ByteBuf message) {
            inAPipe.complete(message instanceof PipeByteBuf);
        }
    }

    private static void send(Peer client, Pattern pattern) {
        try {
            client.send(pattern, 0, 32 * MIB, MIB);
            client.halfClose();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ChannelInitializer<Channel> front(Backend backend) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                addHandlers(channel);
                new Bootstrap()
                        .group(channel.eventLoop())
                        .channel(EpollSocketChannel.class)
                        .handler(new ChannelInitializer<>() {
                            @Override
                            protected void initChannel(Channel back) {
                                addHandlers(back);
                            }
                        })
                        .connect(backend.address())
                        .addListener((ChannelFuture connected) -> RelayHandler.join(channel, connected.channel()));
            }
        };
    }

    private void addHandlers(Channel channel) {
        SpliceOptions options = SpliceOptions.builder().policy(Policy.ALWAYS).build();
        channel.pipeline().addLast(new EpollSpliceHandler(options), new Registrations(), new RelayHandler());
    }

    private final class Registrations extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRegistered(ChannelHandlerContext ctx) {
            registrations.incrementAndGet();
            ctx.fireChannelRegistered();
        }
    }

    @Test
    @SuppressWarnings("deprecation") // the older class is in use all the same
    void shouldRefuseLoopsThatAreNotEpolls() {
        MultiThreadIoEventLoopGroup nio = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        EventLoopGroup local = new DefaultEventLoopGroup(1);
        assertThrows(IllegalArgumentException.class, () -> EpollSplice.wrap(nio));
        assertThrows(IllegalArgumentException.class, () -> EpollSplice.wrap(local));
        LoopGroups.end(nio);
        LoopGroups.end(local);
    }

    @Test
    @SuppressWarnings("deprecation") // the older class is in use all the same
    void shouldTakeEveryEpollGroupAsBootstrapsDo() {
        EventLoopGroup older = new EpollEventLoopGroup(2);
        try {
            EventLoopGroup wrapped = EpollSplice.wrap(older);
            EventLoopGroup single = EpollSplice.wrap(older.next());
            assertInstanceOf(SplicingEventLoop.class, wrapped.next());
            assertInstanceOf(SplicingEventLoop.class, single.next());
            assertSame(single.next(), single.next());
            assertSame(wrapped, EpollSplice.wrap(wrapped));
        } finally {
            LoopGroups.end(older);
        }
    }

    /** The task that ends the registration's first batch of events is refused at first. */
    @Test
    void shouldRegisterWhereTheTaskQueueIsFull() throws Exception {
        MultiThreadIoEventLoopGroup group = CrampedLoop.newGroup();
        try (Backend backend = Backend.open(Family.TCP, 0)) {
            EventLoop loop = EpollSplice.wrap(group).next();
            EpollSocketChannel channel = new EpollSocketChannel();
            boolean registered = loop.submit(() -> {
                        CrampedLoop.fill(loop);
                        channel.unsafe().register(loop, channel.newPromise());
                        channel.connect(backend.address()); // here, where no task is needed
                        return channel.isRegistered();
                    })
                    .get();
            assertTrue(registered);
            backend.accept().close();
            assertTrue(channel.closeFuture().await(20, TimeUnit.SECONDS)); // its events are its own by then
        } finally {
            LoopGroups.end(group);
        }
    }

    /** Asked for its loops before and after the end. */
    @Test
    void shouldKeepNothingOfGroupsThatHaveEnded() {
        int before = PoolCounters.living();
        for (int i = 0; i < 10; i++) {
            MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
            IoEventLoopGroup wrapped = EpollSplice.wrap(group);
            wrapped.next();
            group.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
            wrapped.next();
            wrapped.next();
        }
        Await.until("they are forgotten", PoolCounters::living, living -> living <= before);
    }
}
