// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.channel.Channel;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.SpliceOptions;
import io.transportsplice.relay.RelayHandler;
import java.time.Duration;
import java.util.Optional;

/**
 * The relay of this library. Whether it splices depends on nothing but the presence of an {@link EpollSpliceHandler}; the
 * rest of the pipeline is the same.
 */
final class PipelineRelay implements Relay {
    private final Optional<SpliceOptions> splice;
    private final Duration idleTimeout;
    private final Duration halfClosedTimeout;

    PipelineRelay(Optional<SpliceOptions> splice, Duration idleTimeout, Duration halfClosedTimeout) {
        this.splice = splice;
        this.idleTimeout = idleTimeout;
        this.halfClosedTimeout = halfClosedTimeout;
    }

    @Override
    public void prepare(Channel channel) {
        splice.ifPresent(options -> channel.pipeline().addLast(new EpollSpliceHandler(options)));
        channel.pipeline().addLast(new RelayHandler(idleTimeout, halfClosedTimeout));
    }

    @Override
    public void join(Channel client, Channel upstream) {
        RelayHandler.join(client, upstream);
    }
}
