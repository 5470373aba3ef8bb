// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.HashSet;
import java.util.Set;

/**
 * Stops accepting while as many clients are connected as are allowed; further ones wait in the kernel's backlog, and
 * nobody is turned away. Stands in the pipelines of all listening channels. Each of them may have just accepted one more
 * client when the limit is reached, so that many listeners may exceed it by their number less one;
 * and by one more after each accept that failed.
 */
@Sharable
final class AcceptLimit extends ChannelInboundHandlerAdapter {
    private final Runnable whenPaused;
    // All that follows is guarded by this.
    private final Set<Channel> listeners = new HashSet<>();
    private int maxConnections;
    private int connections;
    private boolean paused;

    /**
     * @param maxConnections zero for any number
     * @param whenPaused is told of each time that the limit is reached
     */
    AcceptLimit(int maxConnections, Runnable whenPaused) {
        this.maxConnections = maxConnections;
        this.whenPaused = whenPaused;
    }

    /** @param max how many clients may be connected from here on; zero for any number */
    synchronized void set(int max) {
        maxConnections = max;
        update();
    }

    @Override
    public synchronized void channelActive(ChannelHandlerContext ctx) {
        listeners.add(ctx.channel());
        ctx.channel().config().setAutoRead(!paused);
        ctx.fireChannelActive();
    }

    /** A client was accepted. */
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object client) {
        entered();
        ((Channel) client).closeFuture().addListener(closed -> left());
        ctx.fireChannelRead(client);
    }

    private synchronized void entered() {
        connections++;
        update();
    }

    private synchronized void left() {
        connections--;
        update();
    }

    private void update() {
        boolean wasFull = paused;
        paused = maxConnections > 0 && connections >= maxConnections;
        if (paused) {
            setAccepting(false); // each time: a second after an accept that failed, Netty's acceptor sets it to true
        } else if (wasFull) {
            setAccepting(true);
        }
        if (paused && !wasFull) {
            whenPaused.run();
        }
    }

    private void setAccepting(boolean accepting) {
        listeners.forEach(listener -> listener.config().setAutoRead(accepting));
    }
}
