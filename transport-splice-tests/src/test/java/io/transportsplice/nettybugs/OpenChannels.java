// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.nettybugs;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.transportsplice.testing.LoopGroups;
import java.net.InetAddress;

/** An event loop is told to shut down when it has just looked whether it should: it ends, and its channels stay open. */
final class OpenChannels implements NettyBug.Program {

    @Override
    public NettyBug.Sighting run() throws Exception {
        IoEventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        EpollServerSocketChannel server = (EpollServerSocketChannel) new ServerBootstrap()
                .group(loop)
                .channel(EpollServerSocketChannel.class)
                .childHandler(new ChannelInboundHandlerAdapter())
                .bind(InetAddress.getLoopbackAddress(), 0)
                .syncUninterruptibly()
                .channel();
        LoopGroups.endWithoutClosing(loop);
        boolean open = server.isOpen();
        if (open) {
            server.fd().close();
        }
        return new NettyBug.Sighting(open, "the loop has ended, its channel is " + (open ? "open" : "closed"));
    }
}
