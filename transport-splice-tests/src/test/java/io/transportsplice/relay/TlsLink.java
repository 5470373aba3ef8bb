// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.transportsplice.testing.FarEnd;
import io.transportsplice.testing.FarEnd.Received;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.Side;
import io.transportsplice.testing.Tls;
import java.util.concurrent.Future;

/** One relayed connection with TLS on it, along its bytes, up or down. */
record TlsLink(Rig rig, Side sourceSide, FarEnd source, FarEnd sink, Pattern pattern) {

    /** A new connection whose handshakes are done. */
    static TlsLink open(Rig rig, Tls tls, boolean up) throws Exception {
        TlsLink link = connect(rig, tls, up);
        Future<?> other = rig.async(link.sink::handshake);
        link.source.handshake();
        Rig.await(other);
        return link;
    }

    /** A new connection. */
    static TlsLink connect(Rig rig, Tls tls, boolean up) throws Exception {
        Link link = rig.link(Route.TCP_TCP_UP);
        FarEnd front = tls.farEnd(Side.FRONT, link.source());
        FarEnd back = tls.farEnd(Side.BACK, link.sink());
        return up
                ? new TlsLink(rig, Side.FRONT, front, back, link.forward())
                : new TlsLink(rig, Side.BACK, back, front, link.forward());
    }

    void carry(long from, long to) throws Exception {
        Future<?> sending = rig.async(() -> source.send(pattern, from, to));
        sink.receive(pattern, from, to);
        Rig.await(sending);
    }

    /** Sends so many bytes and the end, and expects exactly that. */
    void carryToEnd(long from, long to, long pauseNanos) throws Exception {
        Future<?> sending = rig.async(() -> {
            source.send(pattern, from, to);
            source.finish();
        });
        Received received = sink.receiveToEnd(pattern, from, pauseNanos);
        Rig.await(sending);
        assertEquals(new Received(to, FarEnd.End.WHOLE), received);
    }

    /** The relay's handler on the source's side. */
    RelayHandler sourceRelay() {
        return sourceChannel().pipeline().get(RelayHandler.class);
    }

    /** The relay's event loop on the source's side. */
    EventLoop sourceLoop() {
        return sourceChannel().eventLoop();
    }

    private Channel sourceChannel() {
        var pair = rig.relay().lastPair();
        return sourceSide == Side.FRONT ? pair.front() : pair.back();
    }
}
