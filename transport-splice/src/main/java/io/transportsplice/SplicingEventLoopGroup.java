// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.AbstractEventExecutorGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;

/** The event loops of a group, each seen through its {@link SplicingEventLoop}. Any thread. */
final class SplicingEventLoopGroup extends AbstractEventExecutorGroup implements IoEventLoopGroup {

    private final IoEventLoopGroup group;

    private SplicingEventLoopGroup(IoEventLoopGroup group) {
        this.group = group;
    }

    static IoEventLoopGroup of(EventLoopGroup group) {
        if (!(group instanceof IoEventLoopGroup loops) || !loops.isIoType(EpollIoHandler.class)) {
            throw new IllegalArgumentException("not a group of epoll event loops: " + group);
        }
        return loops instanceof SplicingEventLoopGroup ? loops : new SplicingEventLoopGroup(loops);
    }

    @Override
    public IoEventLoop next() {
        return SplicingEventLoop.of(group.next());
    }

    @Override
    public Iterator<EventExecutor> iterator() {
        return StreamSupport.stream(group.spliterator(), false)
                .<EventExecutor>map(loop -> SplicingEventLoop.of((IoEventLoop) loop))
                .iterator();
    }

    @Override
    @Deprecated
    public ChannelFuture register(Channel channel, ChannelPromise promise) {
        return next().register(channel, promise);
    }

    @Override
    public boolean isShuttingDown() {
        return group.isShuttingDown();
    }

    @Override
    public Future<?> shutdownGracefully(long quietPeriod, long timeout, TimeUnit unit) {
        return group.shutdownGracefully(quietPeriod, timeout, unit);
    }

    @Override
    public Future<?> terminationFuture() {
        return group.terminationFuture();
    }

    @Override
    @Deprecated
    public void shutdown() {
        group.shutdown();
    }

    @Override
    public boolean isShutdown() {
        return group.isShutdown();
    }

    @Override
    public boolean isTerminated() {
        return group.isTerminated();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
        return group.awaitTermination(timeout, unit);
    }
}
