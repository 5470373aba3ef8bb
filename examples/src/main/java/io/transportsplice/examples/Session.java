package io.transportsplice.examples;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import io.transportsplice.relay.RelayHandler;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/**
 * A client, from when it was accepted until it and its upstream are gone. Confined to its event loop, except where a method
 * says otherwise.
 */
final class Session {
    private static final AttributeKey<Session> KEY = AttributeKey.valueOf(Session.class, "session");

    private final Traffic total;
    private final Consumer<Session> whenEnded;
    /** From the client and to it; empty before it is joined, and where the relay does not count. */
    private volatile List<Leg> legs = List.of();

    private int open;

    private Session(Traffic total, Consumer<Session> whenEnded) {
        this.total = total;
        this.whenEnded = whenEnded;
    }

    static Session begin(Channel client, Traffic total, Consumer<Session> whenEnded) {
        Session session = new Session(total, whenEnded);
        client.attr(KEY).set(session);
        session.endsAfter(client);
        return session;
    }

    static Session of(Channel client) {
        return client.attr(KEY).get();
    }

    /** The client is about to be joined to its upstream. */
    void joined(Channel client, Channel upstream) {
        endsAfter(upstream);
        Traffic ofUpstream = Upstream.trafficOf(upstream);
        if (client.pipeline().get(RelayHandler.class) != null) {
            legs = List.of(
                    new Leg(client, total.up(), ofUpstream.up()), new Leg(upstream, total.down(), ofUpstream.down()));
        }
    }

    private void endsAfter(Channel channel) {
        open++;
        // behind what the channel's handlers do when it is closed
        channel.closeFuture()
                .addListener(closed -> channel.eventLoop().execute(() -> {
                    if (--open == 0) {
                        settle();
                        whenEnded.accept(this);
                    }
                }));
    }

    /** Counts what has been relayed since the last time. Any thread. */
    void settle() {
        legs.forEach(Leg::settle);
    }

    /** One direction. */
    private static final class Leg {
        private final RelayHandler source;
        private final LongAdder total;
        private final LongAdder ofUpstream;
        private long settled;

        Leg(Channel source, LongAdder total, LongAdder ofUpstream) {
            this.source = source.pipeline().get(RelayHandler.class);
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
