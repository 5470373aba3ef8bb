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
 * what a FlowControlHandler keeps until it is asked.
 *
 * <p>Confined to the event loop of its channel.
 */
final class LastRead extends ChannelOutboundHandlerAdapter {

    private LastRead() {}

    /**
     * Puts one behind the last handler that deals with the socket's bytes (TLS, or a splice handler that is the first), or else
     * first, and returns whether it did. Not where nobody can hold anything, nor where somebody has an executor of his own, from
     * which it would come too late. Without the pipeline's map if it can be, which costs every end of every stream.
     */
    static boolean putIfNeeded(ChannelHandlerContext relay) {
        ChannelPipeline pipeline = relay.pipeline();
        int others = pipeline.names().indexOf(relay.name());
        if (others == 0 || (others == 1 && pipeline.first() instanceof EpollSpliceHandler)) {
            return false;
        }
        String before = null;
        for (Map.Entry<String, ChannelHandler> entry : pipeline) {
            ChannelHandler handler = entry.getValue();
            if (!pipeline.context(handler).executor().inEventLoop()) {
                return false;
            }
            boolean isFirst = handler == pipeline.first();
            if (handler instanceof SslHandler || (isFirst && handler instanceof EpollSpliceHandler)) {
                before = entry.getKey();
            }
        }
        if (before == null) {
            pipeline.addFirst(new LastRead());
        } else {
            pipeline.addAfter(before, null, new LastRead());
        }
        return true;
    }

    @Override
    public void read(ChannelHandlerContext ctx) {
        // It ends here.
    }
}
