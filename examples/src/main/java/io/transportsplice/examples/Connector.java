package io.transportsplice.examples;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.group.ChannelGroup;
import io.transportsplice.RelayHandler;

/** Gives each accepted client a connection to the upstream, on the client's own event loop, and joins the two. */
final class Connector extends ChannelInitializer<Channel> {
    private final Relay relay;
    private final Endpoint to;
    private final Bootstrap upstreams;
    private final ChannelGroup connections;
    private final Complaint complaint;

    Connector(ProxyConfig config, ChannelGroup connections, Complaint complaint) {
        this.relay = config.relay();
        this.to = config.to();
        this.connections = connections;
        this.complaint = complaint;
        this.upstreams = upstreams(config);
    }

    private Bootstrap upstreams(ProxyConfig config) {
        Bootstrap bootstrap = new Bootstrap()
                .channel(to.channelType())
                .disableResolver()
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, config.connectTimeoutMillis())
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel upstream) {
                        prepare(upstream);
                    }
                });
        return to.isUnix() ? bootstrap : bootstrap.option(ChannelOption.TCP_NODELAY, true);
    }

    @Override
    protected void initChannel(Channel client) {
        prepare(client);
        connect(client);
    }

    private void prepare(Channel channel) {
        connections.add(channel);
        relay.prepare(channel);
    }

    private void connect(Channel client) {
        ChannelFuture connecting = upstreams.clone(client.eventLoop()).connect(to.address());
        // A client that gives up must not leave an upstream behind until the connect timeout.
        ChannelFutureListener giveUp = closed -> abandon(connecting.channel());
        client.closeFuture().addListener(giveUp);
        connecting.addListener(done -> {
            client.closeFuture().removeListener(giveUp);
            connected(client, connecting);
        });
    }

    /** The kernel may have connected it already, so that the upstream is to see a reset, too. */
    private static void abandon(Channel upstream) {
        if (upstream.isRegistered()) { // else there was no socket to be had
            RelayHandler.reset(upstream);
        }
    }

    private void connected(Channel client, ChannelFuture connecting) {
        if (connecting.isSuccess()) {
            joinOrReset(client, connecting.channel());
        } else if (client.isActive()) {
            complaint.about(connecting.cause());
            RelayHandler.reset(client);
        }
    }

    private void joinOrReset(Channel client, Channel upstream) {
        if (client.isActive()) {
            relay.join(client, upstream);
        } else {
            RelayHandler.reset(upstream);
        }
    }
}
