// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.channel;

import io.netty.bootstrap.AbstractBootstrap;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.transportsplice.EpollSplice;
import io.transportsplice.testing.Backend;
import io.transportsplice.testing.Family;
import io.transportsplice.testing.LoopGroups;
import io.transportsplice.testing.Peer;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.Map;

/** Event loops of its own, and on them one channel, accepted or connected as a {@link Variant} says, with its peer. */
final class Connection implements AutoCloseable {

    private final Variant variant;
    private final MultiThreadIoEventLoopGroup group;
    private final IoEventLoopGroup loops;
    private Backend backend;
    private Channel server;
    private SocketAddress bound;
    private Peer peer;

    Connection(Variant variant, int threads) {
        this.variant = variant;
        group = new MultiThreadIoEventLoopGroup(threads, EpollIoHandler.newFactory());
        loops = variant.wrapped() ? EpollSplice.wrap(group) : group;
    }

    void open(ChannelInitializer<Channel> initializer, Map<ChannelOption<Object>, Object> options) throws Exception {
        if (variant.accepted()) {
            accept(initializer, options);
        } else {
            connect(initializer, options);
        }
    }

    private void accept(ChannelInitializer<Channel> initializer, Map<ChannelOption<Object>, Object> options)
            throws IOException {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(group, loops)
                .channel(variant.family().serverChannel())
                .childHandler(initializer);
        options.forEach(bootstrap::childOption);
        bound = variant.family().freshAddress();
        server = bootstrap.bind(Family.toNetty(bound)).syncUninterruptibly().channel();
        peer = Peer.connect(bound instanceof UnixDomainSocketAddress ? bound : server.localAddress());
    }

    private void connect(ChannelInitializer<Channel> initializer, Map<ChannelOption<Object>, Object> options)
            throws Exception {
        backend = Backend.open(variant.family(), 0);
        AbstractBootstrap<Bootstrap, Channel> bootstrap = new Bootstrap()
                .group(loops)
                .channel(variant.family().clientChannel())
                .handler(initializer);
        options.forEach(bootstrap::option);
        ChannelFuture connected = ((Bootstrap) bootstrap).connect(Family.toNetty(backend.address()));
        if (connected.await().isSuccess()) { // else it was closed before
            peer = backend.accept();
        }
    }

    /** Null if the channel was closed before it was connected. */
    Peer peer() {
        return peer;
    }

    /** The event loop of a channel, as its group has it, or another one. */
    EventLoop loop(Channel channel, boolean same) {
        EventLoop loop = loops.next();
        while ((loop.terminationFuture() == channel.eventLoop().terminationFuture()) != same) {
            loop = loops.next();
        }
        return loop;
    }

    @Override
    public void close() throws IOException {
        if (backend != null) {
            backend.close();
        }
        if (server != null) {
            server.close().syncUninterruptibly();
            Family.forget(bound);
        }
        LoopGroups.end(group);
    }
}
