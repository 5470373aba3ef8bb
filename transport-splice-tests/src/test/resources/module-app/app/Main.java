package app;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.transportsplice.EpollSplice;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.SpliceMetrics;
import io.transportsplice.SpliceOptions;
import io.transportsplice.relay.RelayHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;

/** An application: relays four megabytes through a proxy of its own, and tells whether it was spliced. */
public final class Main {
    private static final SpliceOptions OPTIONS =
            SpliceOptions.builder().policy(SpliceOptions.Policy.ALWAYS).build();

    public static void main(String[] args) throws Exception {
        EpollSplice.ensureAvailability();
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        try (ServerSocket backend = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Channel proxy = proxy(group, (InetSocketAddress) backend.getLocalSocketAddress());
            byte[] bytes = new byte[4 << 20];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (i * 31 + (i >> 8));
            }
            try (Socket client = new Socket(
                            InetAddress.getLoopbackAddress(), ((InetSocketAddress) proxy.localAddress()).getPort());
                    Socket server = backend.accept()) {
                Thread sender = new Thread(() -> {
                    try {
                        client.getOutputStream().write(bytes);
                        client.shutdownOutput();
                    } catch (java.io.IOException e) {
                        e.printStackTrace();
                    }
                });
                sender.start();
                byte[] received = server.getInputStream().readAllBytes();
                sender.join();
                System.out.println("module " + EpollSplice.class.getModule().getName() + ", intact "
                        + Arrays.equals(bytes, received) + ", spliced "
                        + SpliceMetrics.snapshot().bytesSpliced() + ", kernel " + EpollSplice.kernel());
            }
        } finally {
            group.shutdownGracefully(0, 10, java.util.concurrent.TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    private static Channel proxy(EventLoopGroup group, InetSocketAddress backend) throws InterruptedException {
        return new ServerBootstrap()
                .group(group)
                .channel(EpollServerSocketChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel in) {
                        in.pipeline().addLast(new EpollSpliceHandler(OPTIONS), new RelayHandler());
                        connect(in, backend);
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .sync()
                .channel();
    }

    private static void connect(Channel in, InetSocketAddress backend) {
        new Bootstrap()
                .group(in.eventLoop())
                .channel(EpollSocketChannel.class)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel out) {
                        out.pipeline().addLast(new EpollSpliceHandler(OPTIONS), new RelayHandler());
                    }
                })
                .connect(backend)
                .addListener((ChannelFuture out) -> {
                    if (out.isSuccess()) {
                        RelayHandler.join(in, out.channel());
                    } else {
                        out.cause().printStackTrace();
                        RelayHandler.reset(in);
                    }
                });
    }
}
