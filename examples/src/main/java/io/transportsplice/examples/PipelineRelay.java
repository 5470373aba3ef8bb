// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.SpliceOptions;
import io.transportsplice.relay.RelayHandler;
import java.time.Duration;
import java.util.Optional;

/**
 * The relay of this library. Whether it splices depends on nothing but the presence of an {@link EpollSpliceHandler}; the
 * rest of the pipeline is the same.
 */
record PipelineRelay(Optional<SpliceOptions> splice, Duration idleTimeout, Duration halfClosedTimeout)
        implements Relay {
    @Override
    public void prepare(Channel channel) {
        splice.ifPresent(options -> channel.pipeline().addLast(new EpollSpliceHandler(options)));
        channel.pipeline().addLast(new RelayHandler(idleTimeout, halfClosedTimeout));
    }

    @Override
    public void join(Channel client, Channel upstream) {
        RelayHandler.join(client, upstream);
    }

    /** Puts handlers before the relay of a channel that is prepared, in this order. */
    static void insert(Channel channel, ChannelHandler... handlers) {
        String relay = channel.pipeline().context(RelayHandler.class).name();
        for (ChannelHandler handler : handlers) {
            channel.pipeline().addBefore(relay, null, handler);
        }
    }
}
