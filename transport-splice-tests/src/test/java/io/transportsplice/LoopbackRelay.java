// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ManualIoEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.transportsplice.relay.RelayHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** A sender, two channels of Netty, and a receiver, in a row and on one thread, which runs the channels' event loop too. */
final class LoopbackRelay implements AutoCloseable {

    private final ManualIoEventLoop loop = new ManualIoEventLoop(Thread.currentThread(), EpollIoHandler.newFactory());
    private final ByteBuffer buffer;
    private final SocketChannel sender;
    private final SocketChannel receiver;
    private Channel source;
    private Channel sink;

    /** @param handlers what each of the two channels has in its pipeline, made anew for each */
    LoopbackRelay(int bytes, Supplier<ChannelInitializer<Channel>> handlers) throws IOException {
        buffer = ByteBuffer.allocateDirect(bytes);
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(loopback());
            Channel listener = bind(server.getLocalAddress(), handlers);
            sender = SocketChannel.open(listener.localAddress());
            sender.setOption(StandardSocketOptions.TCP_NODELAY, true);
            while (sink == null) {
                loop.runNow();
            }
            receiver = server.accept();
            receiver.configureBlocking(false);
            listener.close();
        }
    }

    private static InetSocketAddress loopback() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    private Channel bind(SocketAddress target, Supplier<ChannelInitializer<Channel>> handlers) {
        Channel listener = new ServerBootstrap()
                .group(loop)
                .channel(EpollServerSocketChannel.class)
                .childOption(ChannelOption.AUTO_READ, false)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel accepted) {
                        accepted.pipeline().addLast(handlers.get(), new Connector(target, handlers));
                    }
                })
                .bind(loopback())
                .channel();
        while (!listener.isActive()) {
            loop.runNow();
        }
        return listener;
    }

    Channel source() {
        return source;
    }

    Channel sink() {
        return sink;
    }

    void send() throws IOException {
        buffer.clear();
        while (buffer.hasRemaining()) {
            sender.write(buffer);
        }
    }

    void runLoop() {
        loop.runNow();
    }

    /** All that was sent, with the event loop running until it is here: Netty may read it in several pieces. */
    int receive() throws IOException {
        buffer.clear();
        while (buffer.hasRemaining()) {
            int n = receiver.read(buffer);
            if (n < 0) {
                throw new IOException("the relay has ended the connection");
            }
            if (n == 0) {
                loop.runNow();
            }
        }
        return buffer.position();
    }

    @Override
    public void close() throws IOException {
        sender.close();
        receiver.close();
        source.close();
        sink.close();
        loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
        while (!loop.isTerminated()) {
            loop.runNow();
        }
    }

    /** Connects to the target, and joins the two where they have a relay handler. */
    private final class Connector extends ChannelInboundHandlerAdapter {
        private final SocketAddress target;
        private final Supplier<ChannelInitializer<Channel>> handlers;

        Connector(SocketAddress target, Supplier<ChannelInitializer<Channel>> handlers) {
            this.target = target;
            this.handlers = handlers;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            new Bootstrap()
                    .group(ctx.channel().eventLoop())
                    .channel(EpollSocketChannel.class)
                    .option(ChannelOption.AUTO_READ, false)
                    .handler(handlers.get())
                    .connect(target)
                    .addListener(connected -> {
                        source = ctx.channel();
                        sink = ((ChannelFuture) connected).channel();
                        if (source.pipeline().get(RelayHandler.class) != null) {
                            RelayHandler.join(source, sink);
                        }
                    });
            ctx.pipeline().remove(this);
        }
    }
}
