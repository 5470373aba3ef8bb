// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ipfilter.IpFilterRule;
import io.netty.handler.traffic.ChannelTrafficShapingHandler;
import io.transportsplice.SpliceOptions;
import io.transportsplice.relay.RelayHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options of whom to serve, and how much. */
final class ClientOptions {
    /** How often the traffic is added up: the shaper's own default. */
    private static final long INTERVAL_MILLIS = 1_000;

    private static final int PIPES_A_SECOND = 8;
    /** A pipe that nobody has changed: less is not worth a splice. */
    private static final long LEAST_PIPE_CAPACITY = 64 * 1024;

    /** As long as its messages are late, which a shaper makes them, a source has none that are larger. */
    private static final int MOST_SHAPED = 256 * 1024;

    /** What is written may be a pipe of many megabytes, whose time the shaper would cut short otherwise. */
    private static final long LONGEST_WAIT_MILLIS = 3_600_000;

    @Option(
            names = "--allow",
            paramLabel = "CIDR",
            description = "Serves only clients of these networks, such as 10.0.0.0/8 or ::1, and resets others.")
    private List<IpFilterRule> allow = List.of();

    @Option(
            names = "--deny",
            paramLabel = "CIDR",
            description = "Resets clients of these networks, also those of --allow.")
    private List<IpFilterRule> deny = List.of();

    @Option(
            names = "--max-per-address",
            paramLabel = "N",
            defaultValue = "0",
            description = "Clients at a time of one address; further ones are reset; 0 any number (${DEFAULT-VALUE}).")
    private int maxPerAddress;

    @Option(
            names = "--bandwidth",
            paramLabel = "SIZE",
            defaultValue = "0",
            converter = Conversions.Size.class,
            description = "Bytes a second of each connection, each way, such as 10m; 0 any number (${DEFAULT-VALUE})."
                    + " Not in stock.")
    private long bandwidth;

    void check(ProxyCommand command) {
        if (maxPerAddress < 0) {
            throw command.invalid("--max-per-address", maxPerAddress + " is negative");
        }
        if (bandwidth > 0 && command.mode() == Mode.STOCK) {
            throw command.invalid("--bandwidth", "not in mode stock");
        }
        long idleMillis = command.timeouts().shortestIdle().toMillis();
        if (bandwidth > 0 && idleMillis > 0 && 2_000 * mostAtOnce(command) / idleMillis > bandwidth) {
            throw command.invalid(
                    "--bandwidth", "one message may take longer than --idle-timeout or --half-closed-timeout allows");
        }
    }

    /** What goes out as a whole: what Netty reads, or a pipe, as far as a shaper gets one filled. */
    private static long mostAtOnce(ProxyCommand command) {
        int pipe = command.pipeCapacity().orElse(SpliceOptions.defaults().pipeCapacity());
        return Math.max(LEAST_PIPE_CAPACITY, Math.min(pipe, MOST_SHAPED));
    }

    /** Whether a client is to be served; else it is reset. One without an address, of a unix-domain socket, is. */
    boolean admits(Channel client, ProxyServer server) {
        if (!(client.remoteAddress() instanceof InetSocketAddress address)) {
            return true;
        }
        Refusal refusal = refusal(client, address, server.clientsOfAddresses());
        if (refusal != null) {
            server.counters().refused(client, refusal);
            RelayHandler.reset(client);
        }
        return refusal == null;
    }

    private Refusal refusal(Channel client, InetSocketAddress address, ClientsOfAddresses others) {
        boolean isAllowed = allow.isEmpty() || Networks.contain(allow, address);
        if (!isAllowed || Networks.contain(deny, address)) {
            return Refusal.DENIED;
        }
        InetAddress host = address.getAddress();
        if (!others.enter(host, maxPerAddress)) {
            return Refusal.TOO_MANY;
        }
        client.closeFuture().addListener(closed -> others.leave(host));
        return null;
    }

    /** A pipe waits, and goes out, as a whole: where all are limited, so much that it does so often enough. */
    Optional<Integer> pipeCapacity() {
        long capacity = Math.max(LEAST_PIPE_CAPACITY, bandwidth / PIPES_A_SECOND);
        boolean isLess = bandwidth > 0 && capacity < SpliceOptions.defaults().pipeCapacity();
        return isLess ? Optional.of((int) capacity) : Optional.empty();
    }

    /** Limits what is written to a channel before it is joined: pipes wait there as they are, and are not looked at. */
    void shape(Channel channel) {
        ChannelHandlerContext relay = channel.pipeline().context(RelayHandler.class);
        if (bandwidth > 0 && relay != null) { // else it is closed
            ChannelTrafficShapingHandler shaper =
                    new ChannelTrafficShapingHandler(bandwidth, 0, INTERVAL_MILLIS, LONGEST_WAIT_MILLIS);
            // fewer messages than a source may have waiting before it copies: at first they are of 64 KiB
            shaper.setMaxWriteSize(Math.max(1, Math.min(shaper.getMaxWriteSize(), bandwidth / 4)));
            channel.pipeline().addBefore(relay.name(), null, shaper);
        }
    }
}
