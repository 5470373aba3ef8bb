// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.UnixChannelOption;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.transportsplice.EpollSplice;
import io.transportsplice.micrometer.SpliceMeterBinder;
import io.transportsplice.relay.RelayHandler;
import java.io.IOException;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A running proxy. Its methods may be called from any thread that is not one of its event loops. */
final class ProxyServer {
    private static final int BACKLOG = 4_096;
    /** Resetting takes no time to speak of, but an event loop may be busy. */
    private static final long RESET_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final ProxyConfig config;
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final ProxyCounters counters = new ProxyCounters(registry);
    private final Sessions sessions;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final EventLoopGroup group;
    private final Connector connector;
    private final Dialer dialer;
    private final KnownUpstreams upstreams = new KnownUpstreams(counters);
    private final ClientsOfAddresses clientsOfAddresses = new ClientsOfAddresses();
    private final List<Channel> listeners = new ArrayList<>();
    private final CompletableFuture<Void> hurried = new CompletableFuture<>();
    private final AcceptLimit acceptLimit = new AcceptLimit(0, counters::acceptPaused);
    private volatile ProxyService service;
    private volatile boolean draining;
    private MetricsServer metrics;

    /** Makes what is to be done with clients. */
    interface ServiceFactory {
        ProxyService make(ProxyServer server) throws IOException;
    }

    /** Makes what connects to where clients are to go. */
    interface DialerFactory {
        Dialer make(Connector connector, ProxyCounters counters);
    }

    /** Does not listen yet. */
    ProxyServer(ProxyConfig config, Optional<AccessLog> accessLog, DialerFactory dialers) {
        this.config = config;
        sessions = new Sessions(registry, accessLog);
        group = group(config);
        new SpliceMeterBinder().bindTo(registry);
        connector = new Connector(config, connections, counters);
        dialer = dialers.make(connector, counters);
    }

    /** Channels that may be spliced are adopted from the start: it also keeps the events of closed ones from new ones. */
    private static EventLoopGroup group(ProxyConfig config) {
        IoEventLoopGroup group = new MultiThreadIoEventLoopGroup(config.threads(), EpollIoHandler.newFactory());
        return config.splice().isPresent() ? EpollSplice.wrap(group) : group;
    }

    /**
     * Starts to accept connections.
     *
     * @param accessLog where each connection is told of; it is not closed
     * @throws IOException if an address cannot be listened on, or the factory throws it
     */
    static ProxyServer start(ProxyConfig config, ServiceFactory factory, Optional<AccessLog> accessLog)
            throws IOException {
        ProxyServer server =
                new ProxyServer(config, accessLog, (connector, counters) -> new Dialer(connector::connect, counters));
        try {
            AcceptFailures failures = new AcceptFailures(server.counters, new Complaint("cannot accept"));
            server.reload(factory, config.maxConnections());
            server.listen(failures);
            ProxyInfo.register(server.registry, config, server.localEndpoint(), () -> server.draining);
            if (config.metrics().isPresent()) {
                server.metrics =
                        new MetricsServer(config.metrics().get(), server::scrape, () -> !server.draining, failures);
            }
            return server;
        } catch (IOException e) {
            server.stop(Duration.ZERO);
            throw e;
        }
    }

    /**
     * From here on clients are served by another service; those that are there keep theirs.
     *
     * @param maxConnections as in {@link ProxyConfig}
     * @throws IOException if the factory throws it; nothing has changed then
     */
    void reload(ServiceFactory factory, int maxConnections) throws IOException {
        service = factory.make(this);
        upstreams.forgetOthers();
        acceptLimit.set(maxConnections);
    }

    private void listen(AcceptFailures failures) throws IOException {
        ServerBootstrap bootstrap = bootstrap().handler(acceptLimit);
        SocketAddress address = config.listen().address();
        if (!config.reusePort()) {
            listeners.add(bind(bootstrap.group(group), address));
        } else {
            bootstrap.option(UnixChannelOption.SO_REUSEPORT, true);
            for (EventExecutor loop : group) { // a listener for each, whose clients stay on its loop
                listeners.add(bind(bootstrap.clone().group((EventLoopGroup) loop), address));
                address = listeners.get(0).localAddress();
            }
        }
        listeners.forEach(listener -> listener.pipeline().addLast(failures));
    }

    private ServerBootstrap bootstrap() {
        Endpoint listen = config.listen();
        ServerBootstrap bootstrap = new ServerBootstrap()
                .channel(listen.serverChannelType())
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel client) {
                        connector.prepare(client);
                        counters.accepted(client);
                        sessions.begin(client);
                        service.accepted(client);
                        if (draining) {
                            client.pipeline().fireUserEventTriggered(DrainEvent.INSTANCE);
                        }
                    }
                });
        if (!listen.isUnix()) {
            bootstrap.option(ChannelOption.SO_REUSEADDR, true); // TCP_NODELAY is Netty's default
        }
        return bootstrap;
    }

    static Channel bind(ServerBootstrap bootstrap, SocketAddress address) throws IOException {
        ChannelFuture bound;
        try {
            bound = address instanceof DomainSocketAddress unix
                    ? SocketFile.bind(bootstrap, unix)
                    : bootstrap.bind(address).awaitUninterruptibly();
        } catch (IOException e) {
            throw cannotListen(address, e);
        }
        if (!bound.isSuccess()) {
            throw cannotListen(address, bound.cause());
        }
        return bound.channel();
    }

    private static IOException cannotListen(SocketAddress address, Throwable cause) {
        return new IOException("cannot listen on " + new Endpoint(address) + ": " + cause.getMessage(), cause);
    }

    private String scrape() {
        sessions.settle();
        return registry.scrape();
    }

    ProxyConfig config() {
        return config;
    }

    Connector connector() {
        return connector;
    }

    Dialer dialer() {
        return dialer;
    }

    KnownUpstreams upstreams() {
        return upstreams;
    }

    EventLoop nextLoop() {
        return group.next();
    }

    ClientsOfAddresses clientsOfAddresses() {
        return clientsOfAddresses;
    }

    ProxyCounters counters() {
        return counters;
    }

    /** Where it really listens: with a port, if it was free to pick one. */
    Endpoint localEndpoint() {
        return new Endpoint(listeners.get(0).localAddress());
    }

    Optional<Endpoint> metricsEndpoint() {
        return Optional.ofNullable(metrics).map(MetricsServer::localEndpoint);
    }

    void awaitClose() {
        listeners.get(0).closeFuture().awaitUninterruptibly();
    }

    /**
     * Accepts no more, lets connections finish for some time, resets the rest (the far end must not mistake this for the
     * end of the stream) and stops the threads.
     *
     * @return how many connections, of either side, did not finish
     */
    int stop(Duration drainTimeout) {
        draining = true;
        listeners.forEach(listener -> listener.close().awaitUninterruptibly());
        connections.stream().collect(Collectors.groupingBy(Channel::eventLoop)).forEach(ProxyServer::tell);
        int unfinished = 0;
        if (!awaitClosed(drainTimeout.toNanos(), hurried)) {
            unfinished = connections.size();
            connections.forEach(channel -> channel.eventLoop().execute(() -> RelayHandler.reset(channel)));
            awaitClosed(RESET_TIMEOUT_NANOS, new CompletableFuture<>());
        }
        if (metrics != null) {
            metrics.close();
        }
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        return unfinished;
    }

    /** All of them before the loop does anything else: who sees one leave knows that the others leave, too. */
    private static void tell(EventLoop loop, List<Channel> channels) {
        loop.execute(() -> channels.forEach(each -> each.pipeline().fireUserEventTriggered(DrainEvent.INSTANCE)));
    }

    /** Ends the draining that goes on, or that will. */
    void hurry() {
        hurried.complete(null);
    }

    private boolean awaitClosed(long timeoutNanos, CompletableFuture<Void> hurry) {
        long deadline = System.nanoTime() + timeoutNanos;
        // a client that was accepted last may add its upstream while we wait for the others
        while (!connections.isEmpty()) {
            long left = deadline - System.nanoTime();
            if (left <= 0 || hurry.isDone()) {
                return false;
            }
            CountDownLatch changed = new CountDownLatch(1);
            connections.newCloseFuture().addListener(closed -> changed.countDown());
            hurry.thenRun(changed::countDown);
            awaitUninterruptibly(changed, left);
        }
        return true;
    }

    private static void awaitUninterruptibly(CountDownLatch latch, long nanos) {
        try {
            latch.await(nanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
