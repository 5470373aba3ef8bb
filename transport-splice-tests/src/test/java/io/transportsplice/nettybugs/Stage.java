// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.nettybugs;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.LoopGroups;
import io.transportsplice.testing.Peer;
import java.io.IOException;
import java.net.InetAddress;

/** Plain Netty: one event loop, a server on it, and autoRead off. */
final class Stage implements AutoCloseable {
    private static final int SMALL = 64 * 1024;

    private final IoEventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final Channel server;

    private volatile Witness witness;

    Stage(boolean halfClosure) {
        server = new ServerBootstrap()
                .group(loop)
                .channel(EpollServerSocketChannel.class)
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, halfClosure)
                .childOption(ChannelOption.SO_SNDBUF, SMALL)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new Witness(accepted -> witness = accepted));
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .syncUninterruptibly()
                .channel();
    }

    IoEventLoopGroup loop() {
        return loop;
    }

    Peer connect() throws IOException {
        witness = null;
        Peer peer = Peer.connect(server.localAddress(), SMALL);
        Await.until("accepted", () -> witness, accepted -> accepted != null);
        return peer;
    }

    /** Of the connection that was accepted last. */
    Witness witness() {
        return witness;
    }

    @Override
    public void close() {
        server.close().syncUninterruptibly();
        LoopGroups.end(loop);
    }
}
