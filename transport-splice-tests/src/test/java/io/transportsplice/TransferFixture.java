// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.Channel;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.Future;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.LoopGroups;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.TestRelay;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Two connected channels for transfers, whose source reads so many bytes at once, and an event loop that is not theirs. */
@ExtendWith(Baseline.class)
@Timeout(60)
abstract class TransferFixture {
    static final int READ = 1000;

    final Rig rig = SpliceToTest.newRig();
    final IoEventLoopGroup others = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    Link link;
    Channel source;
    Channel sink;

    @BeforeEach
    void open() throws Exception {
        link = rig.link(Route.TCP_TCP_UP);
        TestRelay.Pair pair = rig.relay().lastPair();
        source = pair.front();
        sink = pair.back();
        source.config().setRecvByteBufAllocator(new FixedRecvByteBufAllocator(READ));
    }

    @AfterEach
    void close() throws Exception {
        source.close().sync();
        sink.close().sync();
        rig.close();
        LoopGroups.end(others);
    }

    static long await(Future<Long> moved) throws Exception {
        return moved.get(Await.BOUND.toSeconds(), TimeUnit.SECONDS);
    }
}
