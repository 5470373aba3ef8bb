// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.transportsplice.EpollSplice;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.testing.Backend;
import io.transportsplice.testing.CrampedLoop;
import io.transportsplice.testing.Family;
import io.transportsplice.testing.FarEnd;
import io.transportsplice.testing.LoopGroups;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Side;
import io.transportsplice.testing.Tls;
import java.io.IOException;

/** A relay whose source is the test's own thread, and whose sink is a socket on another event loop, through TLS or not. */
final class EmbeddedSource implements AutoCloseable {
    final EmbeddedChannel channel = new EmbeddedChannel(new RelayHandler());
    final CrampedLoop loop;
    final FarEnd end;
    private final MultiThreadIoEventLoopGroup group = CrampedLoop.newGroup();
    private final Backend backend;
    private final Peer peer;
    private final Channel sink;

    /** @param handler of the sink, in front of its relay */
    EmbeddedSource(boolean tls, boolean wrapped, ChannelHandler handler) throws Exception {
        loop = (CrampedLoop) group.next();
        backend = Backend.open(Family.TCP, 0);
        sink = new Bootstrap()
                .group(wrapped ? EpollSplice.wrap(group) : group)
                .channel(EpollSocketChannel.class)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel sink) {
                        sink.pipeline().addLast(new EpollSpliceHandler());
                        if (tls) {
                            sink.pipeline().addLast(Tls.BACK.handler(Side.BACK));
                        }
                        sink.pipeline().addLast(handler, new RelayHandler());
                    }
                })
                .connect(backend.address())
                .syncUninterruptibly()
                .channel();
        peer = backend.accept();
        RelayHandler.join(channel, sink);
        end = tls ? Tls.BACK.farEnd(Side.BACK, peer) : FarEnd.plain(peer);
        if (tls) {
            end.handshake();
        }
    }

    /** Reads a part of the pattern, and nothing behind it yet. */
    void read(Pattern pattern, long from, int bytes) {
        channel.pipeline().fireChannelRead(Unpooled.wrappedBuffer(pattern.bytes(from, bytes)));
    }

    void readComplete() {
        channel.pipeline().fireChannelReadComplete();
        channel.runPendingTasks();
    }

    @Override
    public void close() throws IOException {
        peer.close();
        sink.closeFuture().syncUninterruptibly();
        channel.close();
        backend.close();
        LoopGroups.end(group);
    }
}
