// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.util.ReferenceCountUtil;
import io.transportsplice.testing.LoopGroups;
import org.junit.jupiter.api.Nested;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;
import reactor.netty.DisposableServer;
import reactor.netty.NettyInbound;
import reactor.netty.NettyOutbound;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpClient;
import reactor.netty.tcp.TcpServer;

/** Reactor Netty by its ordinary interface: it hands buffers on as they are. */
class ReactorNettyTest {

    @Nested
    class ByBuffersTest extends Relay {
        @Override
        NettyOutbound send(NettyInbound in, NettyOutbound out) {
            return out.send(in.receive().retain());
        }
    }

    /** As by default, where a client is used on a server's loop. */
    @Nested
    class OnOneLoopTest extends Relay {
        OnOneLoopTest() {
            super(1);
        }

        @Override
        NettyOutbound send(NettyInbound in, NettyOutbound out) {
            return out.send(in.receive().retain());
        }
    }

    @Nested
    class ByObjectsTest extends Relay {
        @Override
        NettyOutbound send(NettyInbound in, NettyOutbound out) {
            return out.sendObject(in.receiveObject().map(ReferenceCountUtil::retain));
        }
    }

    /** Who asks for arrays has the bytes read. */
    @Nested
    class ByArraysTest extends Relay {
        @Override
        NettyOutbound send(NettyInbound in, NettyOutbound out) {
            return out.sendByteArray(in.receive().asByteArray());
        }

        @Override
        long splicedOf(long bytes) {
            return 0;
        }
    }

    abstract static class Relay extends GuestContract {
        private final EpollLoops loops;
        private DisposableServer server;

        Relay() {
            this(2);
        }

        Relay(int loops) {
            this.loops = new EpollLoops(loops);
        }

        /** All that comes in goes out. */
        abstract NettyOutbound send(NettyInbound in, NettyOutbound out);

        @Override
        int start(int backendPort) {
            TcpClient client = TcpClient.newConnection()
                    .runOn(loops, true)
                    .host(HOST)
                    .port(backendPort)
                    .doOnChannelInit((observer, channel, remote) -> splice(channel));
            server = TcpServer.create()
                    .runOn(loops, true)
                    .host(HOST)
                    .port(0)
                    .doOnChannelInit((observer, channel, remote) -> splice(channel))
                    .handle((in, out) -> client.connect().flatMap(upstream -> relay(in, out, upstream)))
                    .bindNow();
            return server.port();
        }

        private static void splice(Channel channel) {
            channel.pipeline().addFirst(handler());
        }

        /**
         * What clients send is no part of what is returned, which Reactor Netty cancels when the client's channel closes:
         * with the last bytes still on their way to the server. An error is a write after the other end has gone; a server
         * that has gone is not to be disposed of, which would drop what it had sent.
         */
        private Mono<Void> relay(NettyInbound in, NettyOutbound out, Connection upstream) {
            send(in, upstream.outbound())
                    .then()
                    .onErrorComplete()
                    .doFinally(ended -> disposeIfActive(upstream))
                    .subscribe();
            return send(upstream.inbound(), out).then().onErrorComplete();
        }

        private static void disposeIfActive(Connection connection) {
            if (connection.channel().isActive()) {
                connection.dispose();
            }
        }

        @Override
        void stop() {
            server.disposeNow();
            LoopGroups.end(loops.group);
        }

        @Override
        long splicedOf(long bytes) {
            return bytes / 32;
        }
    }

    /** Left to itself it prefers io_uring where that can be had, as it can in these tests. */
    private static final class EpollLoops implements LoopResources {
        private final EventLoopGroup group;

        EpollLoops(int count) {
            group = new MultiThreadIoEventLoopGroup(count, EpollIoHandler.newFactory());
        }

        @Override
        public EventLoopGroup onServer(boolean useNative) {
            return group;
        }

        @Override
        public <C extends Channel> C onChannel(Class<C> type, EventLoopGroup ours) {
            return type.cast(
                    type.isAssignableFrom(EpollServerSocketChannel.class)
                            ? new EpollServerSocketChannel()
                            : new EpollSocketChannel());
        }
    }
}
