// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.example.socksproxy.SocksServerInitializer;
import io.transportsplice.testing.LoopGroups;
import io.transportsplice.testing.Peer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/**
 * Netty's own example of a SOCKS proxy, from its jar, with one line added. It connects by NIO, so it must run on NIO, where
 * the splice handler lets everything pass.
 */
class SocksProxyTest extends GuestContract {
    private static final byte[] LOOPBACK = {127, 0, 0, 1};

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

    @Override
    int start(int backendPort) {
        Channel server = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline().addLast(handler(), new SocksServerInitializer());
                    }
                })
                .bind(HOST, 0)
                .syncUninterruptibly()
                .channel();
        return ((InetSocketAddress) server.localAddress()).getPort();
    }

    /** RFC 1928: version 5, no authentication; connect to an IPv4 address. */
    @Override
    void greet(Peer client, int backendPort) throws IOException {
        client.send((byte) 5, (byte) 1, (byte) 0);
        assertArrayEquals(new byte[] {5, 0}, read(client, 2));
        byte[] address = ByteBuffer.allocate(6)
                .put(LOOPBACK)
                .putShort((short) backendPort)
                .array();
        client.send(new byte[] {5, 1, 0, 1});
        client.send(address);
        assertArrayEquals(
                ByteBuffer.allocate(10)
                        .put(new byte[] {5, 0, 0, 1})
                        .put(address)
                        .array(),
                read(client, 10));
    }

    private static byte[] read(Peer peer, int length) throws IOException {
        byte[] all = new byte[length];
        for (int n = 0; n < length; ) {
            byte[] some = new byte[length - n];
            int count = peer.read(some, some.length);
            if (count < 0) {
                throw new IOException("ended after " + n + " bytes");
            }
            System.arraycopy(some, 0, all, n, count);
            n += count;
        }
        return all;
    }

    @Override
    void stop() {
        LoopGroups.end(group);
    }

    @Override
    long splicedOf(long bytes) {
        return 0;
    }

    @Override
    boolean usesPipes() {
        return false;
    }
}
