// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import org.jspecify.annotations.NullMarked;

/**
 * A handler that wants to know when its channel's event loop shuts down. Netty itself tells nobody before it closes the
 * channel. Whoever is in the middle of a stream may want the far end to see a reset instead of what looks like its end.
 */
@NullMarked
public interface EventLoopShutdownListener extends ChannelHandler {

    /**
     * The event loop shuts down, and closes the channel as soon as this returns. Called on the event loop, of a channel that
     * an {@link EpollSpliceHandler} has spliced or might have; not of a handler with an executor of its own, which would come
     * too late.
     */
    void eventLoopShutsDown(ChannelHandlerContext ctx);
}
