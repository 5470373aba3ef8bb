package io.transportsplice.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.relay.RelayHandler;
import java.net.InetSocketAddress;

/** A relay whose clients are on one event loop and whose servers are on another, so that everything crosses over. */
final class CrossingRelay {

    private final InetSocketAddress target;
    private final boolean splices;
    private final EventLoop serversLoop;

    private CrossingRelay(InetSocketAddress target, boolean splices, EventLoop serversLoop) {
        this.target = target;
        this.splices = splices;
        this.serversLoop = serversLoop;
    }

    /** HOST:PORT to listen on, HOST:PORT to connect to, and "splice" or "plain". */
    public static void main(String... arguments) {
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(2, EpollIoHandler.newFactory());
        CrossingRelay relay = new CrossingRelay(address(arguments[1]), arguments[2].equals("splice"), group.next());
        new ServerBootstrap()
                .group(group.next())
                .channel(EpollServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 4096)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(relay.initializer(true))
                .bind(address(arguments[0]))
                .syncUninterruptibly();
    }

    private static InetSocketAddress address(String text) {
        String[] parts = text.split(":", 2);
        return new InetSocketAddress(parts[0], Integer.parseInt(parts[1]));
    }

    private ChannelInitializer<Channel> initializer(boolean isClient) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                if (splices) {
                    channel.pipeline().addLast(new EpollSpliceHandler());
                }
                channel.pipeline().addLast(new RelayHandler());
                if (isClient) {
                    connect(channel);
                }
            }
        };
    }

    private void connect(Channel client) {
        new Bootstrap()
                .group(serversLoop)
                .channel(EpollSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(initializer(false))
                .connect(target)
                .addListener((ChannelFutureListener) connected -> {
                    if (connected.isSuccess()) {
                        RelayHandler.join(client, connected.channel());
                    } else {
                        RelayHandler.reset(client);
                    }
                });
    }
}
