// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.TestRelay;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A channel leaves its event loop while its output waits for room in the socket, of which Netty forgets to ask the next one. */
@ExtendWith(Baseline.class)
@Timeout(60)
class MovedOutputTest {
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE"})
    void shouldGoOnOnWhateverLoop(Mode mode) throws Exception {
        try (Rig rig = new Rig(mode)
                .smallBuffers()
                .configure(c -> c.differentLoops().wrapped(true).relay(Passing::new, (front, back) -> {}))) {
            Link link = rig.link(Route.TCP_TCP_UP);
            TestRelay.Pair pair = rig.relay().lastPair();
            Passing.join(pair.front(), pair.back());
            Channel sink = pair.back();
            Future<?> sending = rig.async(() -> {
                link.source().send(link.forward(), 0, 2 * MIB, 64 * KIB);
                link.source().halfClose();
            });
            rig.relay().awaitRest();
            EventLoop other = pair.front().eventLoop();
            sink.deregister().syncUninterruptibly();
            other.register(sink).syncUninterruptibly();
            link.sink().receive(link.forward(), 0, 2 * MIB);
            Rig.await(sending);
            rig.relay().closeChannels();
        }
    }
}
