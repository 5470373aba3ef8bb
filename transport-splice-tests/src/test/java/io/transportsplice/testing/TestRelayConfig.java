// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.transportsplice.SpliceOptions;
import io.transportsplice.relay.RelayHandler;
import java.net.SocketAddress;
import java.util.function.BiConsumer;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/** What a {@link TestRelay} is made of. Every part can be replaced; the defaults make the simplest proxy. */
public final class TestRelayConfig {
    final Mode mode;
    Family front = Family.TCP;
    SocketAddress backendAddress;
    int threads = 1;
    int bufferSize;
    boolean sameLoop = true;
    boolean addsSpliceHandler = true;
    boolean wraps;
    boolean nio;
    SpliceOptions options;
    Gate gate = new Gate();
    IntSupplier connectDelayMillis = () -> 0;
    BiConsumer<Side, ChannelPipeline> pipelineHook = (side, pipeline) -> {};
    Supplier<ChannelHandler> relayHandler = RelayHandler::new;
    BiConsumer<Channel, Channel> joiner = RelayHandler::join;

    public TestRelayConfig(Mode mode) {
        this.mode = mode;
        if (mode.usesSpliceHandler()) {
            options = mode.options();
        }
        if (mode == Mode.STOCK) {
            relayHandler = StockRelayHandler::new;
            joiner = StockRelayHandler::join;
        }
    }

    public TestRelayConfig front(Family family) {
        front = family;
        return this;
    }

    public TestRelayConfig backend(SocketAddress address) {
        backendAddress = address;
        return this;
    }

    public TestRelayConfig threads(int count) {
        threads = count;
        return this;
    }

    /** Fixed kernel buffers for every socket of the relay, so that it is known how much they hold. */
    public TestRelayConfig bufferSize(int bytes) {
        bufferSize = bytes;
        return this;
    }

    /** Puts the two channels of each pair on different event loops. Needs two threads. */
    public TestRelayConfig differentLoops() {
        threads = 2;
        sameLoop = false;
        return this;
    }

    /** Has channels adopted when they register. */
    public TestRelayConfig wrapped(boolean yes) {
        wraps = yes;
        return this;
    }

    /** On the transport that cannot splice, between TCP sockets. */
    public TestRelayConfig nio() {
        nio = true;
        return this;
    }

    IoHandlerFactory ioHandlers() {
        return nio ? NioIoHandler.newFactory() : EpollIoHandler.newFactory();
    }

    Class<? extends ServerChannel> serverChannel() {
        return nio ? NioServerSocketChannel.class : front.serverChannel();
    }

    Class<? extends Channel> clientChannel() {
        return nio ? NioSocketChannel.class : Family.of(backendAddress).clientChannel();
    }

    /** Leaves it to the pipeline hook where and when the splice handler is added. */
    public TestRelayConfig withoutSpliceHandler() {
        addsSpliceHandler = false;
        return this;
    }

    public TestRelayConfig options(SpliceOptions spliceOptions) {
        options = spliceOptions;
        return this;
    }

    public SpliceOptions options() {
        return options;
    }

    public TestRelayConfig gate(Gate connectGate) {
        gate = connectGate;
        return this;
    }

    public TestRelayConfig connectDelayMillis(IntSupplier millis) {
        connectDelayMillis = millis;
        return this;
    }

    /** Adds the user's own handlers, between the splice handler and the relay handler. */
    public TestRelayConfig pipeline(BiConsumer<Side, ChannelPipeline> hook) {
        pipelineHook = hook;
        return this;
    }

    /** Replaces {@link RelayHandler} by the user's own handler, and joining by the user's own. */
    public TestRelayConfig relay(Supplier<ChannelHandler> handler, BiConsumer<Channel, Channel> join) {
        relayHandler = handler;
        joiner = join;
        return this;
    }

    public TestRelay start() {
        return new TestRelay(this);
    }
}
