// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.DuplexChannel;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.TestRelayConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** One source and several sinks, each a channel with a splice handler and a far end. */
final class Fan implements AutoCloseable {
    private final Rig rig;
    private final int count;
    private final List<Channel> sinks = new ArrayList<>();
    private final List<Peer> sinkEnds = new ArrayList<>();
    private final Peer sourceEnd;
    private volatile Channel source;

    /**
     * @param handler what the source has last in its pipeline, given the sinks: it reads, writes, and flushes
     * @throws IOException if the far ends cannot be made
     */
    Fan(Rig rig, int count, Function<List<Channel>, ChannelHandler> handler) throws IOException {
        this.rig = rig;
        this.count = count;
        rig.configure(config -> config.relay(Waiting::new, (front, first) -> {
            source = front;
            first.config().setAutoRead(true); // so that it closes when its far end does
            sinks.add(first);
            connect(config, front, handler);
        }));
        sourceEnd = rig.connect(Route.TCP_TCP_UP);
        for (int i = 0; i < count; i++) {
            sinkEnds.add(rig.backend().accept());
        }
    }

    private void connect(TestRelayConfig config, Channel front, Function<List<Channel>, ChannelHandler> handler) {
        if (sinks.size() == count) {
            front.pipeline().addLast(handler.apply(sinks), new Ending(sinks));
            front.config().setAutoRead(true);
            return;
        }
        new Bootstrap()
                .group(front.eventLoop())
                .channel(EpollSocketChannel.class)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        if (config.options() != null) {
                            channel.pipeline().addLast(new EpollSpliceHandler(config.options()));
                        }
                    }
                })
                .connect(rig.backend().address())
                .addListener((ChannelFuture connected) -> front.eventLoop().execute(() -> {
                    sinks.add(connected.channel());
                    connect(config, front, handler);
                }));
    }

    Channel source() {
        return Await.until("the source is there", () -> source, channel -> channel != null);
    }

    Peer sourceEnd() {
        return sourceEnd;
    }

    Peer sinkEnd(int i) {
        return sinkEnds.get(i);
    }

    @Override
    public void close() throws IOException {
        for (Peer end : sinkEnds) {
            end.close();
        }
        // the rig knows of the first alone, and a loop of Netty 4.2.18 may end without having closed the others
        sinks.forEach(sink -> sink.close().syncUninterruptibly());
    }

    private static final class Waiting extends ChannelInboundHandlerAdapter {
        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            ctx.channel().config().setAutoRead(false);
        }
    }

    /** Ends the sinks with the source. */
    private static final class Ending extends ChannelInboundHandlerAdapter {
        private final List<Channel> sinks;

        Ending(List<Channel> sinks) {
            this.sinks = sinks;
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            for (Channel sink : sinks) {
                sink.writeAndFlush(Unpooled.EMPTY_BUFFER)
                        .addListener(flushed -> ((DuplexChannel) sink).shutdownOutput());
            }
        }
    }
}
