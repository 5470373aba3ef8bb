// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerAdapter;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.AttributeKey;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.relay.RelayEnd;
import io.transportsplice.relay.RelayHandler;
import java.net.SocketAddress;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/**
 * A client, from when it was accepted until it and its upstream are gone. Confined to its event loop, except where a method
 * says otherwise.
 */
final class Session {
    private static final AttributeKey<Session> KEY = AttributeKey.valueOf(Session.class, "session");

    private final Traffic total;
    private final boolean isLogged;
    private final Consumer<Session> whenEnded;
    /** From the client and to it; empty before it is joined, and where the relay does not count. */
    private volatile List<Leg> legs = List.of();

    private final Instant began = Instant.now();
    private final long beganNanos = System.nanoTime();
    private final SocketAddress client;
    /** Who another proxy says that the client is; {@code null} if none does. */
    private String told;
    /** {@code null} before it is joined. */
    private SocketAddress upstream;
    /** {@code null} unless it was. */
    private Refusal refusal;
    /** Has all that the client's connection carried; {@code null} where the relay sees all of it. */
    private WireBytes wire;
    /** What the proxy itself has answered; {@code null} unless it did so by HTTP. */
    private Integer status;

    private int open;

    private Session(SocketAddress client, Traffic total, boolean isLogged, Consumer<Session> whenEnded) {
        this.client = client;
        this.total = total;
        this.isLogged = isLogged;
        this.whenEnded = whenEnded;
    }

    /** @param isLogged whether somebody will want its {@link #entry} */
    static Session begin(Channel client, Traffic total, boolean isLogged, Consumer<Session> whenEnded) {
        Session session = new Session(client.remoteAddress(), total, isLogged, whenEnded);
        client.attr(KEY).set(session);
        session.endsAfter(client);
        return session;
    }

    static Session of(Channel client) {
        return client.attr(KEY).get();
    }

    /** The client is about to be joined to its upstream. */
    void joined(Channel client, Channel to) {
        if (to.isOpen()) {
            endsAfter(to);
        }
        upstream = to.remoteAddress();
        Traffic ofUpstream = Upstream.trafficOf(to);
        if (isRelayed(client) && isRelayed(to)) {
            legs = List.of(
                    new Leg(client, to, total.up(), ofUpstream.up()),
                    new Leg(to, client, total.down(), ofUpstream.down()));
        }
    }

    /** Not in mode stock, and not once it is closed, which may be before it is joined. */
    private static boolean isRelayed(Channel channel) {
        return channel.pipeline().get(RelayHandler.class) != null;
    }

    /** Another proxy has told who the client is. */
    void isFor(String address) {
        told = address;
    }

    /** Returns whether this is the first reason; what comes of it is none of its own. */
    boolean refused(Refusal reason) {
        if (refusal != null) {
            return false;
        }
        refusal = reason;
        return true;
    }

    /** To count what the relay does not see, too, with; empty if nobody will be told. */
    Optional<WireBytes> wireBytes() {
        if (isLogged) {
            wire = new WireBytes();
        }
        return Optional.ofNullable(wire);
    }

    void answered(int httpStatus) {
        status = httpStatus;
    }

    /** Of a channel that is open. */
    private void endsAfter(Channel channel) {
        open++;
        channel.pipeline().addLast(new ChannelHandlerAdapter() {
            /** The channel is gone, and all others in its pipeline have been told. */
            @Override
            public void handlerRemoved(ChannelHandlerContext ctx) {
                if (--open == 0) {
                    settle();
                    whenEnded.accept(Session.this);
                }
            }
        });
    }

    /** Counts what has been relayed since the last time. Any thread. */
    void settle() {
        legs.forEach(Leg::settle);
    }

    /** What there is to tell when it has ended. */
    AccessEntry entry() {
        return new AccessEntry(
                began,
                (System.nanoTime() - beganNanos) / 1e9,
                told != null ? told : new Endpoint(client).toString(),
                upstream == null ? null : new Endpoint(upstream).toString(),
                up(),
                down(),
                splicedShare(),
                end(),
                reason(),
                status);
    }

    private Long up() {
        if (wire != null) {
            return wire.received();
        }
        return legs.isEmpty() ? null : legs.get(0).settled;
    }

    private Long down() {
        if (wire != null) {
            return wire.sent();
        }
        return legs.isEmpty() ? null : legs.get(1).settled;
    }

    private String end() {
        if (upstream == null) {
            return refusal == null ? "unconnected" : "refused";
        }
        RelayEnd end = legs.isEmpty() ? null : legs.get(0).source.end();
        return ProxyCounters.lowerCase(end == null ? RelayEnd.CLOSED : end);
    }

    private String reason() {
        if (upstream == null) {
            return refusal == null ? null : ProxyCounters.lowerCase(refusal);
        }
        Throwable cause = legs.isEmpty() ? null : legs.get(0).source.endCause();
        return cause == null ? null : Complaint.words(cause);
    }

    /** {@code null} if there is none. */
    private Double splicedShare() {
        if (legs.isEmpty() || legs.stream().anyMatch(leg -> leg.sink == null)) {
            return null;
        }
        long bytes = up() + down();
        return bytes == 0
                ? null
                : (double) legs.stream()
                                .mapToLong(leg -> leg.sink.bytesSpliced())
                                .sum()
                        / bytes;
    }

    /** One direction. */
    private static final class Leg {
        private final RelayHandler source;
        /** {@code null} in mode plain. */
        private final EpollSpliceHandler sink;

        private final LongAdder total;
        private final LongAdder ofUpstream;
        private long settled;

        Leg(Channel source, Channel sink, LongAdder total, LongAdder ofUpstream) {
            this.source = source.pipeline().get(RelayHandler.class);
            this.sink = sink.pipeline().get(EpollSpliceHandler.class);
            this.total = total;
            this.ofUpstream = ofUpstream;
        }

        synchronized void settle() {
            long more = source.bytesRelayed() - settled;
            settled += more;
            total.add(more);
            ofUpstream.add(more);
        }
    }
}
