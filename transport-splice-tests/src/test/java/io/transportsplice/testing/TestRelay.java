// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.unix.DomainSocketAddress;
import io.transportsplice.EpollSplice;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.relay.RelayHandler;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A proxy inside the test's process, put together as a user would, from {@link TestRelayConfig}. */
public final class TestRelay implements AutoCloseable {
    private static final int BACKLOG = 1024;

    /** The two channels of one relayed connection. */
    public record Pair(Channel front, Channel back) {}

    private final TestRelayConfig config;
    private final MultiThreadIoEventLoopGroup group;
    private final EventLoopGroup channelsGroup;
    private final Set<Channel> channels = ConcurrentHashMap.newKeySet();
    private final Channel server;
    private volatile Pair lastPair;

    TestRelay(TestRelayConfig config) {
        this.config = config;
        group = new MultiThreadIoEventLoopGroup(config.threads, config.ioHandlers());
        channelsGroup = config.wraps ? EpollSplice.wrap(group) : group;
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(channelsGroup)
                .channel(config.serverChannel())
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childHandler(initializer(Side.FRONT));
        if (config.bufferSize > 0) {
            bootstrap.option(ChannelOption.SO_RCVBUF, config.bufferSize);
        }
        server = bootstrap
                .bind(Family.toNetty(config.front.freshAddress()))
                .syncUninterruptibly()
                .channel();
    }

    /** Where clients connect to. */
    public SocketAddress address() {
        SocketAddress address = server.localAddress();
        return address instanceof DomainSocketAddress unix ? UnixDomainSocketAddress.of(unix.path()) : address;
    }

    public MultiThreadIoEventLoopGroup group() {
        return group;
    }

    /** The pair that was joined last: in a test with one connection, that connection's. */
    public Pair lastPair() {
        return Await.until("a pair is joined", () -> lastPair, pair -> pair != null);
    }

    /** The connections open now, counting each of their channels. */
    public Set<Channel> channels() {
        return Set.copyOf(channels);
    }

    public void awaitNoChannels() {
        Await.until("the relay has closed all channels", this::channels, Set::isEmpty);
    }

    /** Closes all connections, for a relay handler that does not do it. */
    public void closeChannels() {
        channels().forEach(channel -> channel.close().syncUninterruptibly());
    }

    /** Waits until the event loops use next to no CPU time. */
    public void awaitRest() {
        new LoopWatch(group).awaitRest();
    }

    /** The share of one CPU that the event loops use now. */
    public int cpuPercent() {
        return new LoopWatch(group).cpuPercent();
    }

    private ChannelInitializer<Channel> initializer(Side side) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                channels.add(channel);
                channel.closeFuture().addListener(f -> channels.remove(channel));
                if (config.bufferSize > 0) {
                    channel.config().setOption(ChannelOption.SO_RCVBUF, config.bufferSize);
                    channel.config().setOption(ChannelOption.SO_SNDBUF, config.bufferSize);
                }
                assemble(side, channel.pipeline());
            }
        };
    }

    private void assemble(Side side, ChannelPipeline pipeline) {
        if (config.mode.usesSpliceHandler() && config.addsSpliceHandler) {
            pipeline.addLast(new EpollSpliceHandler(config.options));
        }
        if (side == Side.FRONT) {
            pipeline.addLast(new Connector());
        }
        config.pipelineHook.accept(side, pipeline);
        pipeline.addLast(config.relayHandler.get());
    }

    private final class Connector extends ChannelInboundHandlerAdapter {
        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            Channel front = ctx.channel();
            config.gate.whenOpen(() -> {
                int delayMillis = config.connectDelayMillis.getAsInt();
                if (delayMillis > 0) {
                    front.eventLoop().schedule(() -> connect(front), delayMillis, TimeUnit.MILLISECONDS);
                } else {
                    front.eventLoop().execute(() -> connect(front));
                }
            });
            ctx.fireChannelActive();
        }
    }

    private void connect(Channel front) {
        EventLoop loop = config.sameLoop ? front.eventLoop() : otherLoop(front.eventLoop());
        new Bootstrap()
                .group(loop)
                .channel(config.clientChannel())
                .handler(initializer(Side.BACK))
                .connect(Family.toNetty(config.backendAddress))
                .addListener((ChannelFuture f) -> {
                    if (f.isSuccess()) {
                        lastPair = new Pair(front, f.channel());
                        config.joiner.accept(front, f.channel());
                    } else {
                        RelayHandler.reset(front);
                    }
                });
    }

    private EventLoop otherLoop(EventLoop loop) {
        EventLoop other = channelsGroup.next();
        // a loop seen through splicing is not the loop itself, but it runs on the same thread
        while (other.inEventLoop() || other == loop) {
            other = channelsGroup.next();
        }
        return other;
    }

    /** Ends the event loops, in the middle of whatever they are doing. */
    @Override
    public void close() {
        close(LoopGroups::end);
    }

    /** The same, at the moment at which Netty leaves channels open. */
    public void endWithoutClosing() {
        close(LoopGroups::endWithoutClosing);
    }

    private void close(Consumer<EventLoopGroup> end) {
        if (group.isShuttingDown()) {
            return;
        }
        if (server.isOpen()) { // else its loop has been ended
            server.close().syncUninterruptibly();
        }
        if (server.localAddress() instanceof DomainSocketAddress unix) {
            Family.forget(UnixDomainSocketAddress.of(unix.path()));
        }
        end.accept(group);
    }
}
