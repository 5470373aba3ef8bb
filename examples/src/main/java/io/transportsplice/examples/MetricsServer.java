// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Serves {@link MetricsAnswers} over HTTP. Nothing that its clients do may disturb the relaying, so it has an event loop
 * of its own, a bound on its connections, and one answer at a time for each of them.
 */
final class MetricsServer implements AutoCloseable {
    /** A scraper has one, a browser six at the most. More wait in the backlog, until one of these is idle for too long. */
    private static final int MAX_CONNECTIONS = 64;

    private static final int MAX_REQUEST = 8 * 1024;
    /** Nothing is read while an answer waits for its client to take it, so that this bounds both. */
    private static final int IDLE_SECONDS = 60;
    /**
     * Some requests at a time, the rest waits in the socket: fewer than the 128 waiting ones with which HttpServerCodec gives a
     * client up.
     */
    private static final int READ_SIZE = 1024;

    private final EventLoopGroup group =
            new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("metrics"), EpollIoHandler.newFactory());
    private final Channel listener;

    /**
     * Listens.
     *
     * @param scrape makes what Prometheus reads, on the event loop of this server
     * @param ready whether the proxy is to get new clients
     * @param failures hears of failing accepts
     */
    MetricsServer(Endpoint listen, Supplier<String> scrape, BooleanSupplier ready, ChannelHandler failures)
            throws IOException {
        byte[] page = MetricsAnswers.page();
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(group)
                .channel(listen.serverChannelType())
                .handler(new AcceptLimit(MAX_CONNECTIONS, () -> {}))
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childOption(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_SIZE))
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(handlers(new MetricsAnswers(scrape, ready, page)));
                    }
                });
        try {
            listener = ProxyServer.bind(bootstrap, listen.address());
            listener.pipeline().addLast(failures);
        } catch (IOException e) {
            stopLoop();
            throw e;
        }
    }

    /** The clock of those that ask nothing sees whole requests: a byte now and then is none. */
    static ChannelHandler[] handlers(ChannelHandler answers) {
        return new ChannelHandler[] {
            new HttpServerCodec(),
            new HttpServerKeepAliveHandler(),
            new HttpObjectAggregator(MAX_REQUEST),
            new ReadTimeoutHandler(IDLE_SECONDS),
            answers
        };
    }

    /** Where it really listens. */
    Endpoint localEndpoint() {
        return new Endpoint(listener.localAddress());
    }

    @Override
    public void close() {
        listener.close().awaitUninterruptibly();
        stopLoop();
    }

    private void stopLoop() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
