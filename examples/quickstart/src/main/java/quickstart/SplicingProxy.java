// SPDX-License-Identifier: Apache-2.0
package quickstart;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.transportsplice.EpollSplice;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.relay.RelayHandler;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.function.Consumer;

/** A TCP proxy whose bytes are spliced: {@code SplicingProxy PORT UPSTREAM_HOST UPSTREAM_PORT}. */
public final class SplicingProxy implements AutoCloseable {
    private final EventLoopGroup group = EpollSplice.wrap(new MultiThreadIoEventLoopGroup(EpollIoHandler.newFactory()));
    private final SocketAddress upstream;
    private final Channel server;

    public static void main(String[] args) {
        EpollSplice.ensureAvailability(); // without it bytes would be copied
        SocketAddress upstream = new InetSocketAddress(args[1], Integer.parseInt(args[2]));
        try (SplicingProxy proxy = new SplicingProxy(new InetSocketAddress(Integer.parseInt(args[0])), upstream)) {
            System.out.println("listening on " + proxy.address());
            proxy.server.closeFuture().syncUninterruptibly();
        }
    }

    public SplicingProxy(SocketAddress listen, SocketAddress upstream) {
        this.upstream = upstream;
        server = new ServerBootstrap()
                .group(group)
                .channel(EpollServerSocketChannel.class)
                .childHandler(relay(this::connect))
                .bind(listen)
                .syncUninterruptibly()
                .channel();
    }

    public SocketAddress address() {
        return server.localAddress();
    }

    /** Of both ends of a connection. Nothing is read before they are joined. */
    private static ChannelInitializer<Channel> relay(Consumer<Channel> then) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.pipeline().addLast(new EpollSpliceHandler(), new RelayHandler());
                then.accept(channel);
            }
        };
    }

    private void connect(Channel client) {
        new Bootstrap()
                .group(client.eventLoop())
                .channel(EpollSocketChannel.class)
                .handler(relay(channel -> {}))
                .connect(upstream)
                .addListener((ChannelFuture connected) -> {
                    if (connected.isSuccess()) {
                        RelayHandler.join(client, connected.channel());
                    } else {
                        RelayHandler.reset(client);
                    }
                });
    }

    @Override
    public void close() {
        group.shutdownGracefully().syncUninterruptibly();
    }
}
