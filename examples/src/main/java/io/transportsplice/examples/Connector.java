// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.epoll.EpollSocketChannelConfig;
import io.netty.channel.group.ChannelGroup;
import io.transportsplice.relay.RelayHandler;
import java.time.Duration;

/** Opens connections to upstreams for clients, each on its client's own event loop, and joins the two. */
final class Connector {
    private static final int MAX_PROBE_SECONDS = 32_767; // the kernel's own limit of both options

    private final ProxyConfig config;
    private final Relay relay;
    private final ChannelGroup connections;
    private final ProxyCounters counters;

    Connector(ProxyConfig config, ChannelGroup connections, ProxyCounters counters) {
        this.config = config;
        this.relay = config.relay();
        this.connections = connections;
        this.counters = counters;
    }

    /** Sets a new channel of either side up, so that nothing is read from it before it is joined. */
    void prepare(Channel channel) {
        connections.add(channel);
        if (channel instanceof EpollSocketChannel tcp && !config.peerTimeout().isZero()) {
            limitSilence(tcp.config(), config.peerTimeout());
        }
        relay.prepare(channel);
    }

    /**
     * A peer that vanished is noticed while data waits for it, by TCP_USER_TIMEOUT, and while nothing does, by probes
     * that are subject to it, too (tcp(7)).
     */
    private static void limitSilence(EpollSocketChannelConfig config, Duration timeout) {
        int probeSeconds = (int) Math.max(1, Math.min(timeout.toSeconds() / 3, MAX_PROBE_SECONDS));
        config.setKeepAlive(true);
        config.setTcpKeepIdle(probeSeconds);
        config.setTcpKeepIntvl(probeSeconds);
        config.setTcpUserTimeout((int) Math.min(timeout.toMillis(), Integer.MAX_VALUE));
    }

    /**
     * Connects to where a client is to go. Should the client give up, the upstream is abandoned, and the future fails.
     *
     * @param to an address, not a name
     */
    ChannelFuture connect(Channel client, Endpoint to) {
        ChannelFuture connecting =
                upstream(to).group(client.eventLoop()).connect(to.address()).addListener(counters::connected);
        // A client that gives up must not leave an upstream behind until the connect timeout.
        ChannelFutureListener giveUp = closed -> abandon(connecting.channel());
        client.closeFuture().addListener(giveUp);
        connecting.addListener(done -> client.closeFuture().removeListener(giveUp));
        return connecting;
    }

    private Bootstrap upstream(Endpoint to) {
        return bootstrap(to).handler(new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel upstream) {
                prepare(upstream);
            }
        });
    }

    private Bootstrap bootstrap(Endpoint to) {
        return new Bootstrap() // with TCP_NODELAY, by Netty's default
                .channel(to.channelType())
                .disableResolver()
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, config.connectTimeoutMillis());
    }

    /** Connects to see whether that can be done; the connection is not for clients. */
    ChannelFuture probe(EventLoop loop, Endpoint to) {
        return bootstrap(to)
                .option(ChannelOption.AUTO_READ, false)
                .handler(new ChannelInboundHandlerAdapter())
                .group(loop)
                .connect(to.address());
    }

    /** The kernel may have connected it already, so that the upstream is to see a reset, too. */
    static void abandon(Channel upstream) {
        if (upstream.isRegistered()) { // else there was no socket to be had
            RelayHandler.reset(upstream);
        }
    }

    /** Starts to relay between a client and its upstream, if the client is still there. */
    void join(Channel client, Channel upstream) {
        if (client.isActive()) {
            Session.of(client).joined(client, upstream);
            relay.join(client, upstream);
        } else {
            RelayHandler.reset(upstream);
        }
    }
}
