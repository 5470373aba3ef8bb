// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.ResolvedAddressTypes;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.transportsplice.relay.RelayHandler;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Connects to where a client is to go. A name's addresses are tried as RFC 8305 has it: IPv6 and IPv4 by turns, the next
 * one when the last has failed or has had a head start, and the first that is connected wins. Used on the event loop of the
 * client.
 */
record Dialer(Connects connects, ProxyCounters counters, Names names) {
    /** Section 5 recommends it. */
    static final long HEAD_START_MILLIS = 250;
    /** A name server may name many, of hosts that have nothing to do with us. */
    static final int MAX_ADDRESSES = 16;

    /** {@link AddressResolver#resolveAll} on an event loop. */
    interface Names {
        Future<List<InetSocketAddress>> resolveAll(EventLoop loop, SocketAddress name);
    }

    /** {@link Connector#connect} */
    interface Connects {
        ChannelFuture connect(Channel client, Endpoint to);
    }

    Dialer(Connects connects, ProxyCounters counters) {
        this(connects, counters, dns());
    }

    /**
     * Asks name servers without blocking the event loop, for both kinds of addresses: what Netty takes for the host's own
     * kinds leaves out IPv6 where it is only reached through the loopback. Ends with the event loops.
     */
    private static Names dns() {
        AddressResolverGroup<InetSocketAddress> servers = new DnsAddressResolverGroup(new DnsNameResolverBuilder()
                .datagramChannelType(EpollDatagramChannel.class)
                .socketChannelType(EpollSocketChannel.class)
                .resolvedAddressTypes(ResolvedAddressTypes.IPV6_PREFERRED));
        return (loop, name) -> servers.getResolver(loop).resolveAll(name);
    }

    /**
     * Fails with what the last address to fail failed with.
     *
     * @param to an address; a name that is not resolved yet is looked up
     */
    Future<Channel> dial(Channel client, Endpoint to) {
        return dial(
                client.eventLoop(),
                to,
                address -> connects.connect(client, address),
                client::isActive,
                cause -> counters.connected(client.eventLoop().newFailedFuture(cause)));
    }

    /**
     * The same, for nobody's sake.
     *
     * @param connect connects to an address, on the event loop
     * @param isWanted whether it is worth going on
     * @param unresolved is told why there is no address to be tried
     */
    Future<Channel> dial(
            EventLoop loop,
            Endpoint to,
            Function<Endpoint, ChannelFuture> connect,
            BooleanSupplier isWanted,
            Consumer<Throwable> unresolved) {
        Promise<Channel> connected = loop.newPromise();
        if (to.isResolved()) {
            new Race(loop, List.of(to), connected, connect, isWanted).next();
            return connected;
        }
        names.resolveAll(loop, to.address()).addListener((Future<List<InetSocketAddress>> all) -> {
            if (all.isSuccess()) {
                new Race(loop, byTurns(all.getNow()), connected, connect, isWanted).next();
            } else {
                unresolved.accept(all.cause());
                connected.setFailure(all.cause());
            }
        });
        return connected;
    }

    /** Section 4. */
    static List<Endpoint> byTurns(List<InetSocketAddress> addresses) {
        Queue<InetSocketAddress> v6 = new ArrayDeque<>();
        Queue<InetSocketAddress> v4 = new ArrayDeque<>();
        for (InetSocketAddress address : addresses) {
            (address.getAddress() instanceof Inet6Address ? v6 : v4).add(address);
        }
        Set<InetSocketAddress> sorted = new LinkedHashSet<>();
        while (!v6.isEmpty() || !v4.isEmpty()) {
            for (Queue<InetSocketAddress> turn : List.of(v6, v4)) {
                if (!turn.isEmpty()) {
                    sorted.add(turn.remove());
                }
            }
        }
        return sorted.stream().limit(MAX_ADDRESSES).map(Endpoint::new).toList();
    }

    /** Attempts, of which several may be under way. */
    private static final class Race {
        private final EventLoop loop;
        private final Queue<Endpoint> untried;
        private final Promise<Channel> connected;
        private final Set<ChannelFuture> running = new LinkedHashSet<>();
        private final Function<Endpoint, ChannelFuture> connect;
        private final BooleanSupplier isWanted;
        private Future<?> headStart;

        Race(
                EventLoop loop,
                List<Endpoint> addresses,
                Promise<Channel> connected,
                Function<Endpoint, ChannelFuture> connect,
                BooleanSupplier isWanted) {
            this.loop = loop;
            this.untried = new ArrayDeque<>(addresses);
            this.connected = connected;
            this.connect = connect;
            this.isWanted = isWanted;
        }

        void next() {
            ChannelFuture attempt = connect.apply(untried.remove());
            running.add(attempt);
            if (!untried.isEmpty()) {
                headStart = loop.schedule(this::next, HEAD_START_MILLIS, TimeUnit.MILLISECONDS);
            }
            attempt.addListener(done -> ended(attempt)); // at once, maybe
        }

        private void ended(ChannelFuture attempt) {
            running.remove(attempt);
            if (connected.isDone()) { // by another
                if (attempt.isSuccess()) {
                    RelayHandler.reset(attempt.channel());
                }
            } else if (attempt.isSuccess()) {
                stopWaiting();
                connected.setSuccess(attempt.channel());
                List.copyOf(running).forEach(each -> Connector.abandon(each.channel()));
            } else if (!untried.isEmpty() && isWanted.getAsBoolean()) {
                stopWaiting();
                next();
            } else if (running.isEmpty()) {
                stopWaiting();
                connected.setFailure(attempt.cause());
            }
        }

        private void stopWaiting() {
            if (headStart != null) {
                headStart.cancel(false);
            }
        }
    }
}
