// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.EventLoop;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.transportsplice.relay.RelayHandler;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * One of the places that clients are sent to: an address, or a name with all that it has. It is down for a while after it
 * could not be connected to, and while its check says so. Any thread.
 */
final class Upstream {
    private static final AttributeKey<Traffic> TRAFFIC = AttributeKey.valueOf(Upstream.class, "traffic");

    private final Endpoint endpoint;
    private final AtomicInteger connections = new AtomicInteger();
    private final LongAdder connects = new LongAdder();
    private final Traffic traffic = new Traffic();
    private final LongAdder failures = new LongAdder();
    private volatile int weight = 1;
    private volatile long failNanos;
    private volatile boolean failed;
    private volatile long failedAtNanos;
    /** {@code null} if it is believed to be well until it is not. */
    private volatile HealthCheck check;

    Upstream(Endpoint endpoint) {
        this.endpoint = endpoint;
    }

    /**
     * As the options have it, which may change.
     *
     * @param failTime how long it is left out after a failure
     */
    void set(int newWeight, Duration failTime) {
        weight = newWeight;
        failNanos = failTime.toNanos();
    }

    /** It is asked how it is, from now on or in another way: what has been found before still holds. */
    synchronized void check(EventLoop loop, HealthCheck.Plan plan, HealthCheck.Attempt attempt) {
        check = check == null ? HealthCheck.start(loop, plan, attempt) : check.replace(plan, attempt);
    }

    /** It is not asked any more. */
    synchronized void uncheck() {
        if (check != null) {
            check.stop();
            check = null;
        }
    }

    Endpoint endpoint() {
        return endpoint;
    }

    /** Connects, and says what is to be said first. */
    Future<Channel> connect(Dialer dialer, Channel client, Opening opening) {
        connections.incrementAndGet(); // at once, so that a burst of clients is spread
        Promise<Channel> connected = client.eventLoop().newPromise();
        dialer.dial(client, endpoint).addListener((Future<Channel> dialing) -> {
            if (dialing.isSuccess()) {
                Channel upstream = dialing.getNow();
                upstream.attr(TRAFFIC).set(traffic);
                upstream.closeFuture().addListener(closed -> connections.decrementAndGet());
                ChannelFutureListener giveUp = gone -> RelayHandler.reset(upstream);
                client.closeFuture().addListener(giveUp);
                opening.open(upstream, endpoint).addListener((Future<Channel> opened) -> {
                    client.closeFuture().removeListener(giveUp);
                    if (!opened.isSuccess()) {
                        RelayHandler.reset(upstream);
                    }
                    ended(opened, client, connected);
                });
            } else {
                connections.decrementAndGet();
                ended(dialing, client, connected);
            }
        });
        return connected;
    }

    private void ended(Future<Channel> attempt, Channel client, Promise<Channel> connected) {
        if (attempt.isSuccess()) {
            failed = false;
            connects.increment();
            connected.setSuccess(attempt.getNow());
            return;
        }
        // else it was the client that gave up, or offers what nobody speaks
        if (client.isActive() && !TlsBack.hasNoProtocol(attempt.cause())) {
            failures.increment();
            failedAtNanos = System.nanoTime();
            failed = true;
        }
        connected.setFailure(attempt.cause());
    }

    boolean isUp() {
        HealthCheck checked = check;
        return (checked == null || checked.isWell()) && (!failed || System.nanoTime() - failedAtNanos >= failNanos);
    }

    /** Whether another connection is less of a load to it. */
    boolean isLessBusyThan(Upstream other) {
        return (connections() + 1L) * other.weight < (other.connections() + 1L) * weight;
    }

    /** Those that are being made included. */
    int connections() {
        return connections.get();
    }

    long connects() {
        return connects.sum();
    }

    Traffic traffic() {
        return traffic;
    }

    /** Where to count what a connection moves; where it is to no upstream of ours, nobody asks. */
    static Traffic trafficOf(Channel connection) {
        Traffic traffic = connection.attr(TRAFFIC).get();
        return traffic == null ? new Traffic() : traffic;
    }

    long failures() {
        return failures.sum();
    }

    @Override
    public String toString() {
        return endpoint.toString();
    }
}
