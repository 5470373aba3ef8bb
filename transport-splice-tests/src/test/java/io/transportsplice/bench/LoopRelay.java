// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.SpliceOptions;
import io.transportsplice.SpliceOptions.Policy;
import io.transportsplice.relay.RelayHandler;
import java.net.InetSocketAddress;
import java.util.Locale;

/**
 * Relays that the proxy does not offer, for comparison, and always on loops that are not wrapped: across two event loops,
 * with a handler that looks at every message, or with neither.
 */
final class LoopRelay {

    private final InetSocketAddress target;
    private final Policy policy;
    private final boolean looks;
    private final EventLoop serversLoop;

    private LoopRelay(InetSocketAddress target, Policy policy, boolean looks, EventLoop serversLoop) {
        this.target = target;
        this.policy = policy;
        this.looks = looks;
        this.serversLoop = serversLoop;
    }

    /** HOST:PORT to listen on, HOST:PORT to connect to, a policy or "plain", and what it is: crossing, looking, unwrapped. */
    public static void main(String... arguments) {
        Policy policy = arguments[2].equals("plain") ? null : Policy.valueOf(arguments[2].toUpperCase(Locale.ROOT));
        boolean crosses = arguments[3].equals("crossing");
        MultiThreadIoEventLoopGroup group =
                new MultiThreadIoEventLoopGroup(crosses ? 2 : 1, EpollIoHandler.newFactory());
        LoopRelay relay = new LoopRelay(address(arguments[1]), policy, arguments[3].equals("looking"), group.next());
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
                if (policy != null) {
                    channel.pipeline()
                            .addLast(new EpollSpliceHandler(
                                    SpliceOptions.builder().policy(policy).build()));
                }
                if (looks) {
                    channel.pipeline().addLast(new Looker());
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

    /** As a decoder would, at the least. */
    private static final class Looker extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            bytes.getByte(bytes.readerIndex());
            ctx.fireChannelRead(message);
        }
    }
}
