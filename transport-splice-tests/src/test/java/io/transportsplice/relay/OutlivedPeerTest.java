// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.transportsplice.EpollSplice;
import io.transportsplice.testing.Backend;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Family;
import io.transportsplice.testing.LoopGroups;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The loop of one channel has ended, though the channel is open: it was taken off it before. */
@ExtendWith(Baseline.class)
@Timeout(60)
class OutlivedPeerTest {

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldTimeOutAllTheSame(boolean wrapped) throws Exception {
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        RelayHandler relay = new RelayHandler(Duration.ofSeconds(1), Duration.ZERO);
        EmbeddedChannel channel = new EmbeddedChannel(relay);
        try (Backend backend = Backend.open(Family.TCP, 0)) {
            Channel other = new Bootstrap()
                    .group(wrapped ? EpollSplice.wrap(group) : group)
                    .channel(EpollSocketChannel.class)
                    .handler(new RelayHandler())
                    .connect(backend.address())
                    .syncUninterruptibly()
                    .channel();
            RelayHandler.join(channel, other);
            other.deregister().syncUninterruptibly();
            LoopGroups.end(group);
            channel.advanceTimeBy(2, TimeUnit.SECONDS);
            channel.runScheduledPendingTasks();
            assertFalse(channel.isOpen());
            assertEquals(RelayEnd.TIMEOUT, relay.end());
            other.unsafe().closeForcibly();
        } finally {
            LoopGroups.end(group);
        }
    }
}
