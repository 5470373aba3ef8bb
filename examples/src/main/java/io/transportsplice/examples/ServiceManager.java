// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** Tells a service manager how the proxy is, if it wants to know: sd_notify(3). */
final class ServiceManager {
    private static final long PATIENCE_MILLIS = 1_000;

    private ServiceManager() {}

    static void ready(EventLoop loop) {
        tell(loop, "READY=1");
    }

    /** Followed by {@link #ready}. */
    static void reloading(EventLoop loop) {
        // System.nanoTime is CLOCK_MONOTONIC on Linux
        tell(loop, "RELOADING=1\nMONOTONIC_USEC=" + TimeUnit.NANOSECONDS.toMicros(System.nanoTime()));
    }

    static void stopping(EventLoop loop) {
        tell(loop, "STOPPING=1");
    }

    /** In order, so it waits for it; a manager that does not listen is no reason not to run. */
    private static void tell(EventLoop loop, String state) {
        String socket = System.getenv("NOTIFY_SOCKET");
        if (socket == null || socket.isEmpty()) {
            return;
        }
        String path = socket.startsWith("@") ? "\0" + socket.substring(1) : socket; // of the abstract namespace
        ChannelFuture connected = new Bootstrap()
                .group(loop)
                .channel(EpollDomainDatagramChannel.class)
                .handler(new ChannelInboundHandlerAdapter())
                .connect(new DomainSocketAddress(path));
        connected.awaitUninterruptibly(PATIENCE_MILLIS);
        if (connected.isSuccess()) {
            Channel channel = connected.channel();
            channel.writeAndFlush(Unpooled.copiedBuffer(state, StandardCharsets.UTF_8))
                    .awaitUninterruptibly(PATIENCE_MILLIS);
            channel.close().awaitUninterruptibly(PATIENCE_MILLIS);
        }
    }
}
