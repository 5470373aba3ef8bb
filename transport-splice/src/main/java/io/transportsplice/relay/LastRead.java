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
 * Finds out when those who stand before the relay have handed on all that they hold of an input that has ended: the event
 * that tells of the end overtakes what a FlowControlHandler keeps until it is asked. Whoever is asked, and has nothing,
 * passes the {@code read()} on, and so it gets here. It goes no further: to read where the input has ended may fail
 * (docs/netty-bugs.md).
 *
 * <p>Confined to the event loop of its channel.
 */
final class LastRead extends ChannelOutboundHandlerAdapter {

    private final Runnable nothingIsLeft;

    private LastRead(Runnable nothingIsLeft) {
        this.nothingIsLeft = nothingIsLeft;
    }

    /** Runs it, at once if there is nobody to ask, else when a {@code read()} of the relay's has gone by all of them. */
    static void await(ChannelHandlerContext relay, Runnable nothingIsLeft) {
        if (isAlone(relay)) {
            nothingIsLeft.run();
            return;
        }
        LastRead last = new LastRead(nothingIsLeft);
        String before = whatReadsTheInput(relay.pipeline());
        if (before == null) {
            relay.pipeline().addFirst(last);
        } else {
            relay.pipeline().addAfter(before, null, last);
        }
    }

    /** But for a splice handler. Without the pipeline's map, which costs every end of every stream. */
    private static boolean isAlone(ChannelHandlerContext relay) {
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
        ctx.pipeline().remove(this);
        nothingIsLeft.run();
    }
}
