package io.transportsplice.examples;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.transportsplice.RelayHandler;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A running proxy. Its methods may be called from any thread that is not one of its event loops. */
final class ProxyServer {
    private static final int BACKLOG = 4_096;
    /** Resetting takes no time to speak of, but an event loop may be busy. */
    private static final long RESET_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final EventLoopGroup group;
    private final ChannelGroup connections;
    private final Channel listener;

    private ProxyServer(EventLoopGroup group, ChannelGroup connections, Channel listener) {
        this.group = group;
        this.connections = connections;
        this.listener = listener;
    }

    /**
     * Starts to accept connections.
     *
     * @param log where trouble with connections is told, a line each
     * @throws IOException if the address cannot be listened on
     */
    static ProxyServer start(ProxyConfig config, PrintWriter log) throws IOException {
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(config.threads(), EpollIoHandler.newFactory());
        ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
        try {
            return new ProxyServer(group, connections, bind(config, group, connections, log));
        } catch (IOException e) {
            group.shutdownGracefully(0, 0, TimeUnit.SECONDS).awaitUninterruptibly();
            throw e;
        }
    }

    private static Channel bind(ProxyConfig config, EventLoopGroup group, ChannelGroup connections, PrintWriter log)
            throws IOException {
        Endpoint listen = config.listen();
        Complaint refused = new Complaint(log, "cannot connect to " + config.to());
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(group)
                .channel(listen.serverChannelType())
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childHandler(new Connector(config, connections, refused));
        if (!listen.isUnix()) {
            bootstrap.option(ChannelOption.SO_REUSEADDR, true).childOption(ChannelOption.TCP_NODELAY, true);
        }
        var bound = bootstrap.bind(listen.address()).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(
                    "cannot listen on " + listen + ": " + bound.cause().getMessage(), bound.cause());
        }
        bound.channel().pipeline().addLast(new AcceptFailures(log));
        return bound.channel();
    }

    /** Where it really listens: with a port, if it was free to pick one. */
    Endpoint localEndpoint() {
        return new Endpoint(listener.localAddress());
    }

    void awaitClose() {
        listener.closeFuture().awaitUninterruptibly();
    }

    /**
     * Accepts no more, lets connections finish for some time, resets the rest (the far end must not mistake this for the
     * end of the stream) and stops the threads.
     */
    void stop(Duration drainTimeout) {
        listener.close().awaitUninterruptibly();
        if (!awaitConnectionsClosed(drainTimeout.toNanos())) {
            connections.forEach(channel -> channel.eventLoop().execute(() -> RelayHandler.reset(channel)));
            awaitConnectionsClosed(RESET_TIMEOUT_NANOS);
        }
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private boolean awaitConnectionsClosed(long timeoutNanos) {
        long deadline = System.nanoTime() + timeoutNanos;
        // a client that was accepted last may add its upstream while we wait for the others
        while (!connections.isEmpty()) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            connections.newCloseFuture().awaitUninterruptibly(left, TimeUnit.NANOSECONDS);
        }
        return true;
    }

    /**
     * Tells of failing accepts, out of file descriptors for one. Netty's acceptor, in front of this handler, has by then
     * stopped accepting for a second, so this neither spins nor ends the proxy.
     */
    private static final class AcceptFailures extends ChannelInboundHandlerAdapter {
        private final Complaint complaint;

        AcceptFailures(PrintWriter log) {
            complaint = new Complaint(log, "cannot accept");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            complaint.about(cause);
        }
    }
}
