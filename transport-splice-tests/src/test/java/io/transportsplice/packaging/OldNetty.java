// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.packaging;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.transportsplice.EpollSplice;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.relay.RelayHandler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** A program that knows no more of Netty than 4.1 has: relays a megabyte, and tells what it thinks of splicing. */
public final class OldNetty {
    private OldNetty() {}

    @SuppressWarnings("deprecation") // by 4.2
    public static void main(String... arguments) throws Exception {
        System.out.println("available: " + EpollSplice.isAvailable() + ", " + EpollSplice.unavailabilityCause());
        EventLoopGroup group = new EpollEventLoopGroup(1);
        byte[] bytes = new byte[1 << 20];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 31 + (i >> 8));
        }
        try (ServerSocket backend = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            InetSocketAddress proxy = proxy(group, (InetSocketAddress) backend.getLocalSocketAddress());
            try (Socket client = new Socket(proxy.getAddress(), proxy.getPort());
                    Socket server = backend.accept()) {
                CompletableFuture<byte[]> received = CompletableFuture.supplyAsync(() -> receive(server));
                client.getOutputStream().write(bytes);
                client.shutdownOutput();
                System.out.println("intact: " + Arrays.equals(bytes, received.get()));
            }
        }
        System.exit(0);
    }

    private static byte[] receive(Socket socket) {
        try {
            return socket.getInputStream().readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InetSocketAddress proxy(EventLoopGroup group, InetSocketAddress backend) throws Exception {
        Channel server = new ServerBootstrap()
                .group(group)
                .channel(EpollServerSocketChannel.class)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childHandler(new Initializer(in -> new Bootstrap()
                        .group(in.eventLoop())
                        .channel(EpollSocketChannel.class)
                        .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
                        .handler(new Initializer(out -> {}))
                        .connect(backend)
                        .addListener((ChannelFuture out) -> RelayHandler.join(in, out.channel()))))
                .bind(InetAddress.getLoopbackAddress(), 0)
                .sync()
                .channel();
        return (InetSocketAddress) server.localAddress();
    }

    private static final class Initializer extends ChannelInitializer<Channel> {
        private final Consumer<Channel> then;

        Initializer(Consumer<Channel> then) {
            this.then = then;
        }

        @Override
        protected void initChannel(Channel channel) {
            channel.pipeline().addLast(new EpollSpliceHandler(), new RelayHandler());
            then.accept(channel);
        }
    }
}
