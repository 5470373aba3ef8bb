// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.ConnectException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Upstreams that do the same job. A client goes to the one with the fewest connections for its weight; if that cannot be
 * connected to, to the next, and others leave it out for a while. Any thread.
 */
final class Upstreams {
    private final Dialer dialer;
    private final List<Upstream> all;
    private final AtomicInteger turn = new AtomicInteger();

    Upstreams(Dialer dialer, List<Upstream> all) {
        this.dialer = dialer;
        this.all = List.copyOf(all);
    }

    /**
     * Connects a client to one of the upstreams, on the client's event loop, and says first what is to be said. Fails if all
     * of them did.
     */
    Future<Channel> connect(Channel client, Opening opening) {
        Promise<Channel> connected = client.eventLoop().newPromise();
        attempt(client, opening, new ArrayList<>(all), connected, null);
        return connected;
    }

    /** @param lastFailure {@code null} at first */
    private void attempt(
            Channel client,
            Opening opening,
            List<Upstream> untried,
            Promise<Channel> connected,
            Throwable lastFailure) {
        if (untried.isEmpty() || !client.isActive()) {
            connected.setFailure(lastFailure != null ? lastFailure : new ConnectException("the client has gone"));
            return;
        }
        Upstream next = choose(untried);
        untried.remove(next);
        Future<Channel> connecting = next.connect(dialer, client, opening);
        connecting.addListener(done -> {
            if (connecting.isSuccess()) {
                connected.setSuccess(connecting.getNow());
            } else {
                attempt(client, opening, untried, connected, connecting.cause());
            }
        });
    }

    /** The least busy one that is up; one that is down only if all are. Equals take turns. */
    private Upstream choose(List<Upstream> untried) {
        int first = Math.floorMod(turn.getAndIncrement(), untried.size());
        Upstream best = untried.get(first);
        for (int i = 1; i < untried.size(); i++) {
            Upstream other = untried.get((first + i) % untried.size());
            if (isBetter(other, best)) {
                best = other;
            }
        }
        return best;
    }

    private static boolean isBetter(Upstream a, Upstream b) {
        return a.isUp() == b.isUp() ? a.isLessBusyThan(b) : a.isUp();
    }
}
