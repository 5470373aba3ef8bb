package io.transportsplice.guests;

import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;
import reactor.netty.DisposableServer;
import reactor.netty.NettyInbound;
import reactor.netty.NettyOutbound;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpClient;
import reactor.netty.tcp.TcpServer;

/** Reactor Netty hands messages on as they are by {@code receiveObject()} and {@code sendObject(Object)}. */
class ReactorNettyTest extends GuestContract {
    private final EpollLoops loops = new EpollLoops();
    private DisposableServer server;

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
     * What clients send is no part of what is returned, which Reactor Netty cancels when the client's channel closes: with
     * the last bytes still on their way to the server. An error is a write after the other end has gone.
     */
    private static Mono<Void> relay(NettyInbound in, NettyOutbound out, Connection upstream) {
        pass(in, upstream.outbound())
                .onErrorComplete()
                .doFinally(ended -> upstream.dispose())
                .subscribe();
        return pass(upstream.inbound(), out).onErrorComplete();
    }

    /**
     * It releases each message that it has handed on, so what is written is retained. One by one, because
     * {@code sendObject} of a publisher takes a FileRegion for empty, and drops it.
     */
    private static Mono<Void> pass(NettyInbound in, NettyOutbound out) {
        return in.receiveObject()
                .map(ReferenceCountUtil::retain)
                .concatMap(message -> out.sendObject(message), 1)
                .then();
    }

    @Override
    void stop() {
        server.disposeNow();
        loops.group.shutdownGracefully(0, 20, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @Override
    long splicedOf(long bytes) {
        return bytes / 10 * 9;
    }

    /** Left to itself it prefers io_uring where that can be had, as it can in these tests. */
    private static final class EpollLoops implements LoopResources {
        private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(2, EpollIoHandler.newFactory());

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
