// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.example.proxy.HexDumpProxyFrontendHandler;
import io.transportsplice.testing.LoopGroups;
import java.net.InetSocketAddress;

/**
 * Netty's own example of a proxy, from its jar, with one line added. It makes the channel to the server by itself, and
 * without a splice handler there: what it sends to the server comes in pipes and is copied out, the answers are copied.
 */
class HexDumpProxyTest extends GuestContract {
    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());

    @Override
    int start(int backendPort) {
        Channel server = new ServerBootstrap()
                .group(group)
                .channel(EpollServerSocketChannel.class)
                .childOption(ChannelOption.AUTO_READ, false)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(handler(), new HexDumpProxyFrontendHandler(HOST, backendPort));
                    }
                })
                .bind(HOST, 0)
                .syncUninterruptibly()
                .channel();
        return ((InetSocketAddress) server.localAddress()).getPort();
    }

    @Override
    void stop() {
        LoopGroups.end(group);
    }

    @Override
    long splicedOf(long bytes) {
        return 0;
    }
}
