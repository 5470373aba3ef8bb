// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.transportsplice.relay.RelayHandler;
import io.transportsplice.testing.Backend;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Family;
import io.transportsplice.testing.LoopGroups;
import io.transportsplice.testing.LoopHold;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Peer;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * One batch of events: a client ends, and with it its upstream is closed; the next client is accepted, and its upstream
 * gets the number of the closed one; then comes what was meant for the closed one.
 */
@ExtendWith(Baseline.class)
@Timeout(60)
class StaleBatchTest {
    private static final int ROUNDS = 20;
    private static final Peer.Received NOTHING = new Peer.Received(0, Peer.End.EOF);

    private final IoEventLoopGroup group =
            EpollSplice.wrap(new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory()));
    private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final Pattern pattern = new Pattern(1);
    /** The descriptors of the upstreams, two for each round. */
    private final List<Integer> numbers = new CopyOnWriteArrayList<>();

    @Test
    void shouldNotTakeTheEventsOfAClosedChannelForItsOwnWhileItConnects() throws Exception {
        try (Backend backend = Backend.open(Family.TCP, 0)) {
            Channel server = listen(backend);
            for (int i = 0; i < ROUNDS; i++) {
                takeTurns(server, backend);
            }
            assertEquals(2 * ROUNDS, numbers.size());
            assertTrue(
                    IntStream.range(0, ROUNDS).anyMatch(i -> numbers.get(2 * i).equals(numbers.get(2 * i + 1))),
                    () -> "no number was had again: " + numbers);
            channels.newCloseFuture().syncUninterruptibly();
            server.close().syncUninterruptibly();
        } finally {
            LoopGroups.end(group);
        }
    }

    private void takeTurns(Channel server, Backend backend) throws Exception {
        Peer old = Peer.connect(server.localAddress());
        Peer oldUpstream = backend.accept();
        oldUpstream.halfClose();
        assertEquals(NOTHING, old.receiveToEnd(pattern, 0));
        Peer[] next = new Peer[1];
        LoopHold.whileHeld(group, () -> {
            old.close();
            next[0] = Peer.connect(server.localAddress());
            oldUpstream.reset();
        });
        try (Peer nextUpstream = backend.accept()) {
            next[0].send(pattern, 0, 1_000, 1_000);
            nextUpstream.receive(pattern, 0, 1_000);
            nextUpstream.halfClose();
            assertEquals(NOTHING, next[0].receiveToEnd(pattern, 0));
        } finally {
            next[0].close();
        }
    }

    private Channel listen(Backend backend) {
        return new ServerBootstrap()
                .group(group)
                .channel(EpollServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel client) {
                        addHandlers(client);
                        connect(client, backend);
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .syncUninterruptibly()
                .channel();
    }

    private void connect(Channel client, Backend backend) {
        new Bootstrap()
                .group(client.eventLoop())
                .channel(EpollSocketChannel.class)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel upstream) {
                        numbers.add(((EpollSocketChannel) upstream).fd().intValue());
                        addHandlers(upstream);
                    }
                })
                .connect(backend.address())
                .addListener((ChannelFuture connected) -> RelayHandler.join(client, connected.channel()));
    }

    private void addHandlers(Channel channel) {
        channels.add(channel);
        channel.pipeline().addLast(new EpollSpliceHandler(), new RelayHandler());
    }
}
