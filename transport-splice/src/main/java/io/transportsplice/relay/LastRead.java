// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslHandler;
import io.transportsplice.EpollSpliceHandler;
import java.util.Map;

/**
 * Where the {@code read()}s of an input that has ended go: to the channel they must not get, where they may fail
 * (docs/netty-bugs.md). They are made to get what others before the relay hold, as the event that tells of the end overtakes
 * what a FlowControlHandler keeps until it is asked. Where some of them run on another executor, a {@code read()} that gets
 * here tells that they have nothing; else whoever asks knows it when he has asked.
 *
 * <p>Confined to the event loop of its channel.
 */
final class LastRead extends ChannelOutboundHandlerAdapter {

    private final Runnable nothingIsLeft;

    private LastRead(Runnable nothingIsLeft) {
        this.nothingIsLeft = nothingIsLeft;
    }

    /** Whether it will run that; else the relay is to ask, and finds out. */
    static boolean tells(ChannelHandlerContext relay, Runnable nothingIsLeft) {
        ChannelPipeline pipeline = relay.pipeline();
        boolean tells = false;
        for (ChannelHandler handler : pipeline.toMap().values()) {
            tells |= !pipeline.context(handler).executor().inEventLoop();
        }
        LastRead last = new LastRead(tells ? nothingIsLeft : () -> {});
        String before = whatReadsTheInput(pipeline);
        if (before == null) {
            pipeline.addFirst(last);
        } else {
            pipeline.addAfter(before, null, last);
        }
        return tells;
    }

    /** But for a splice handler. Without the pipeline's map, which costs every end of every stream. */
    static boolean isAlone(ChannelHandlerContext relay) {
        int others = relay.pipeline().names().indexOf(relay.name());
        return others == 0 || (others == 1 && relay.pipeline().first() instanceof EpollSpliceHandler);
    }

    /** The last handler that deals with the socket's bytes: TLS, or a splice handler that is the first. Else null. */
    private static String whatReadsTheInput(ChannelPipeline pipeline) {
        String found = null;
        for (Map.Entry<String, ChannelHandler> entry : pipeline) {
            boolean isFirst = entry.getValue() == pipeline.first();
            if (entry.getValue() instanceof SslHandler || (isFirst && entry.getValue() instanceof EpollSpliceHandler)) {
                found = entry.getKey();
            }
        }
        return found;
    }

    @Override
    public void read(ChannelHandlerContext ctx) {
        nothingIsLeft.run();
    }
}
