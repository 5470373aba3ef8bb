// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.system;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What a user's handler is told of the life of its channel. */
final class EventLog extends ChannelInboundHandlerAdapter {
    private final Queue<String> events = new ConcurrentLinkedQueue<>();
    private volatile Channel channel;

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        channel = ctx.channel();
    }

    @Override
    public void channelRegistered(ChannelHandlerContext ctx) {
        events.add("registered");
        ctx.fireChannelRegistered();
    }

    @Override
    public void channelUnregistered(ChannelHandlerContext ctx) {
        events.add("unregistered");
        ctx.fireChannelUnregistered();
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        events.add("active");
        ctx.fireChannelActive();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        events.add("inactive");
        ctx.fireChannelInactive();
    }

    Channel channel() {
        return channel;
    }

    String events() {
        return String.join(" ", events);
    }
}
