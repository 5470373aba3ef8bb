// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.transportsplice.EpollSplice;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Backend;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.CrampedLoop;
import io.transportsplice.testing.Family;
import io.transportsplice.testing.FarEnd;
import io.transportsplice.testing.FarEnd.End;
import io.transportsplice.testing.FarEnd.Received;
import io.transportsplice.testing.LoopGroups;
import io.transportsplice.testing.LoopHold;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Side;
import io.transportsplice.testing.Tls;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The loop of the sink has little room for tasks, all of it taken for a moment. */
@ExtendWith(Baseline.class)
@Timeout(60)
class FullQueueTest {
    private static final int SOME = 100;

    private final Pattern pattern = new Pattern(0);

    private interface Body {
        void run(EmbeddedChannel source, CrampedLoop loop, FarEnd end) throws Exception;
    }

    private static void relaying(boolean tls, boolean wrapped, Body body) throws Exception {
        MultiThreadIoEventLoopGroup group = CrampedLoop.newGroup();
        EmbeddedChannel source = new EmbeddedChannel(new RelayHandler());
        try (Backend backend = Backend.open(Family.TCP, 0)) {
            Channel sink = new Bootstrap()
                    .group(wrapped ? EpollSplice.wrap(group) : group)
                    .channel(EpollSocketChannel.class)
                    .handler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            channel.pipeline().addLast(new EpollSpliceHandler());
                            if (tls) {
                                channel.pipeline().addLast(Tls.BACK.handler(Side.BACK));
                            }
                            channel.pipeline().addLast(new RelayHandler());
                        }
                    })
                    .connect(backend.address())
                    .syncUninterruptibly()
                    .channel();
            try (Peer peer = backend.accept()) {
                RelayHandler.join(source, sink);
                FarEnd end = tls ? Tls.BACK.farEnd(Side.BACK, peer) : FarEnd.plain(peer);
                if (tls) {
                    end.handshake();
                }
                body.run(source, (CrampedLoop) group.next(), end);
            }
            sink.closeFuture().sync();
        } finally {
            source.close();
            LoopGroups.end(group);
        }
    }

    private static void read(EmbeddedChannel source, Pattern pattern, long from) {
        source.writeInbound(Unpooled.wrappedBuffer(pattern.bytes(from, SOME)));
    }

    /** The stream has a hole then, for Netty gives up a write that it cannot hand over, and cannot even tell. */
    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void shouldCutAStreamOfWhichAPartCouldNotBeHandedOver(boolean tls, boolean wrapped) throws Exception {
        relaying(tls, wrapped, (source, loop, end) -> {
            read(source, pattern, 0);
            end.receive(pattern, 0, SOME);
            LoopHold.whileHeld(loop, () -> {
                CrampedLoop.fill(loop);
                source.pipeline().fireChannelRead(Unpooled.wrappedBuffer(pattern.bytes(SOME, SOME)));
            });
            Await.until("room", () -> loop.pendingTasks() == 0);
            source.pipeline().fireChannelRead(Unpooled.wrappedBuffer(pattern.bytes(2 * SOME, SOME)));
            source.pipeline().fireChannelReadComplete();
            source.runPendingTasks();
            assertFalse(source.isOpen());
            assertEquals(new Received(SOME, End.RESET), end.receiveToEnd(pattern, SOME));
        });
    }

    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void shouldFlushWhenThereIsRoom(boolean tls, boolean wrapped) throws Exception {
        relaying(tls, wrapped, (source, loop, end) -> {
            LoopHold.whileHeld(loop, () -> {
                loop.fillBut(1);
                read(source, pattern, 0);
            });
            end.receive(pattern, 0, SOME);
            assertTrue(source.isOpen());
            source.close();
            assertEquals(End.RESET, end.receiveToEnd(pattern, SOME).end());
        });
    }
}
