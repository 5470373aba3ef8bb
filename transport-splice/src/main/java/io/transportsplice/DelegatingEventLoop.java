// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.AbstractEventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.util.concurrent.AbstractEventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ScheduledFuture;
import io.netty.util.concurrent.Ticker;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/**
 * Another event loop's double: the same thread, tasks, clock and life. How channels register is left to the subclass. What
 * Netty's base class makes of these, such as futures and {@code submit}, is not delegated. A test compares it with Netty's
 * interfaces, so that nothing is forgotten.
 */
abstract class DelegatingEventLoop extends AbstractEventLoop implements IoEventLoop {

    final IoEventLoop loop;

    DelegatingEventLoop(IoEventLoop loop) {
        super(loop.parent());
        this.loop = loop;
    }

    @Override
    public IoEventLoop next() {
        return this;
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> handleType) {
        return loop.isCompatible(handleType);
    }

    @Override
    public boolean isIoType(Class<? extends IoHandler> handlerType) {
        return loop.isIoType(handlerType);
    }

    @Override
    public Ticker ticker() {
        return loop.ticker();
    }

    @Override
    public boolean inEventLoop(Thread thread) {
        return loop.inEventLoop(thread);
    }

    @Override
    public boolean isExecutorThread(Thread thread) {
        return loop.isExecutorThread(thread);
    }

    @Override
    public boolean isSuspended() {
        return loop.isSuspended();
    }

    @Override
    public boolean trySuspend() {
        return loop.trySuspend();
    }

    @Override
    public void execute(Runnable task) {
        loop.execute(task);
    }

    /** Without waking the loop up, as Netty's writes from other threads are. */
    @Override
    public void lazyExecute(Runnable task) {
        if (loop instanceof AbstractEventExecutor executor) {
            executor.lazyExecute(task);
        } else {
            loop.execute(task);
        }
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
        return loop.schedule(task, delay, unit);
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
        return loop.schedule(task, delay, unit);
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable task, long initialDelay, long period, TimeUnit unit) {
        return loop.scheduleAtFixedRate(task, initialDelay, period, unit);
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable task, long initialDelay, long delay, TimeUnit unit) {
        return loop.scheduleWithFixedDelay(task, initialDelay, delay, unit);
    }

    @Override
    public boolean isShuttingDown() {
        return loop.isShuttingDown();
    }

    @Override
    public Future<?> shutdownGracefully(long quietPeriod, long timeout, TimeUnit unit) {
        return loop.shutdownGracefully(quietPeriod, timeout, unit);
    }

    @Override
    public Future<?> terminationFuture() {
        return loop.terminationFuture();
    }

    @Override
    @Deprecated
    public void shutdown() {
        loop.shutdown();
    }

    @Override
    public boolean isShutdown() {
        return loop.isShutdown();
    }

    @Override
    public boolean isTerminated() {
        return loop.isTerminated();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
        return loop.awaitTermination(timeout, unit);
    }
}
