package io.transportsplice;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ProgressivePromise;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * An epoll event loop seen through splicing: the same thread, the same tasks, everything delegated, but a channel that
 * registers here gets a {@link SplicingHandle} between itself and epoll. Owns the {@link PipePool} of its loop. A loop
 * has one such view, made when its first channel is adopted and forgotten when it terminates.
 */
final class SplicingEventLoop implements IoEventLoop {

    private static final ConcurrentMap<IoEventLoop, SplicingEventLoop> VIEWS = new ConcurrentHashMap<>();

    private final IoEventLoop loop;
    private final PipePool pool;
    private final Rounds rounds = new Rounds();
    /** By the channels' own handles; the loop's thread only. */
    private final IdentityHashMap<IoHandle, SplicingHandle> handles = new IdentityHashMap<>();

    private SplicingEventLoop(IoEventLoop loop, LibC libc) {
        this.loop = loop;
        this.pool = new PipePool(libc, loop);
    }

    /** The view of an event loop, or {@code null} if it is not one of Netty's epoll loops. Any thread. */
    static SplicingEventLoop of(EventLoop loop) {
        if (loop instanceof SplicingEventLoop view) {
            return view;
        }
        if (!(loop instanceof IoEventLoop real) || !real.isIoType(EpollIoHandler.class)) {
            return null;
        }
        SplicingEventLoop known = VIEWS.get(real);
        return known != null ? known : VIEWS.computeIfAbsent(real, absent -> create(absent, EpollSplice.libc()));
    }

    private static SplicingEventLoop create(IoEventLoop real, LibC libc) {
        SplicingEventLoop view = new SplicingEventLoop(real, libc);
        real.terminationFuture().addListener(terminated -> {
            VIEWS.remove(real);
            view.pool.close();
        });
        return view;
    }

    /** Gives a loop another kernel to talk to, before its first channel is adopted: for fault injection. */
    static void install(IoEventLoop real, LibC libc) {
        if (VIEWS.putIfAbsent(real, create(real, libc)) != null) {
            throw new IllegalStateException("a channel of this loop has been adopted already");
        }
    }

    PipePool pool() {
        return pool;
    }

    Rounds rounds() {
        return rounds;
    }

    /** What stands before this channel, or {@code null} if the channel did not register through this view. */
    SplicingHandle handleOf(Channel channel) {
        assert inEventLoop();
        // An epoll channel's unsafe is its EpollIoHandle.
        return channel.unsafe() instanceof IoHandle handle ? handles.get(handle) : null;
    }

    @Override
    public Future<IoRegistration> register(IoHandle handle) {
        if (!(handle instanceof EpollIoHandle epollHandle) || !(handle instanceof Channel.Unsafe)) {
            return loop.register(handle);
        }
        SplicingHandle splicing = new SplicingHandle(epollHandle, this);
        Promise<IoRegistration> promise = loop.newPromise();
        loop.register(splicing).addListener((Future<IoRegistration> registered) -> {
            if (registered.isSuccess()) {
                handles.put(handle, splicing);
                promise.setSuccess(splicing.registeredAs(registered.getNow()));
            } else {
                promise.setFailure(registered.cause());
            }
        });
        return promise;
    }

    void unregistered(EpollIoHandle handle) {
        handles.remove(handle);
    }

    @Override
    @Deprecated
    public ChannelFuture register(Channel channel) {
        return register(new DefaultChannelPromise(channel, this));
    }

    @Override
    @Deprecated
    public ChannelFuture register(ChannelPromise promise) {
        promise.channel().unsafe().register(this, promise);
        return promise;
    }

    @Override
    @Deprecated
    public ChannelFuture register(Channel channel, ChannelPromise promise) {
        channel.unsafe().register(this, promise);
        return promise;
    }

    // From here on everything is the real loop's.

    @Override
    public boolean isCompatible(Class<? extends IoHandle> handleType) {
        return loop.isCompatible(handleType);
    }

    @Override
    public boolean isIoType(Class<? extends IoHandler> handlerType) {
        return loop.isIoType(handlerType);
    }

    @Override
    public EventLoopGroup parent() {
        return loop.parent();
    }

    @Override
    public boolean inEventLoop() {
        return loop.inEventLoop();
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
    public <V> Promise<V> newPromise() {
        return loop.newPromise();
    }

    @Override
    public <V> ProgressivePromise<V> newProgressivePromise() {
        return loop.newProgressivePromise();
    }

    @Override
    public <V> Future<V> newSucceededFuture(V result) {
        return loop.newSucceededFuture(result);
    }

    @Override
    public <V> Future<V> newFailedFuture(Throwable cause) {
        return loop.newFailedFuture(cause);
    }

    @Override
    public boolean isShuttingDown() {
        return loop.isShuttingDown();
    }

    @Override
    public Future<?> shutdownGracefully() {
        return loop.shutdownGracefully();
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
    @Deprecated
    public List<Runnable> shutdownNow() {
        return loop.shutdownNow();
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

    @Override
    public Iterator<EventExecutor> iterator() {
        return loop.iterator();
    }

    @Override
    public void execute(Runnable task) {
        loop.execute(task);
    }

    @Override
    public Future<?> submit(Runnable task) {
        return loop.submit(task);
    }

    @Override
    public <T> Future<T> submit(Runnable task, T result) {
        return loop.submit(task, result);
    }

    @Override
    public <T> Future<T> submit(Callable<T> task) {
        return loop.submit(task);
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
    public <T> List<java.util.concurrent.Future<T>> invokeAll(Collection<? extends Callable<T>> tasks)
            throws InterruptedException {
        return loop.invokeAll(tasks);
    }

    @Override
    public <T> List<java.util.concurrent.Future<T>> invokeAll(
            Collection<? extends Callable<T>> tasks, long timeout, TimeUnit unit) throws InterruptedException {
        return loop.invokeAll(tasks, timeout, unit);
    }

    @Override
    public <T> T invokeAny(Collection<? extends Callable<T>> tasks) throws InterruptedException, ExecutionException {
        return loop.invokeAny(tasks);
    }

    @Override
    public <T> T invokeAny(Collection<? extends Callable<T>> tasks, long timeout, TimeUnit unit)
            throws InterruptedException, ExecutionException, TimeoutException {
        return loop.invokeAny(tasks, timeout, unit);
    }
}
