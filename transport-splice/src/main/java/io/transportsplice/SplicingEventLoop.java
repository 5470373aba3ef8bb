// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandle;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * An epoll event loop seen through splicing: the same thread, the same tasks, but a channel that registers here gets a
 * {@link SplicingHandle} between itself and epoll. Owns the {@link PipePool} of its loop. A loop has one such view, made
 * when it is first asked for and forgotten when the loop terminates.
 */
final class SplicingEventLoop extends DelegatingEventLoop implements SplicingHandle.Registry {

    private static final InternalLogger logger = InternalLoggerFactory.getInstance(SplicingEventLoop.class);
    private static final ConcurrentMap<IoEventLoop, SplicingEventLoop> VIEWS = new ConcurrentHashMap<>();

    final LibC libc;
    final PipePool pool;
    final Rounds rounds = new Rounds();
    /** By the channels' own handles, which do not tell their channels; the loop's thread only. */
    private final IdentityHashMap<IoHandle, SplicingHandle> handles = new IdentityHashMap<>();

    private final Runnable closeAll = this::closeAll;

    private SplicingEventLoop(IoEventLoop loop, LibC libc) {
        super(loop);
        this.libc = libc;
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
        return known != null ? known : of(real, Availability.LIBC);
    }

    /** The same; one that has no view yet gets one with this kernel to talk to. */
    static SplicingEventLoop of(IoEventLoop real, LibC libc) {
        SplicingEventLoop view = VIEWS.computeIfAbsent(real, absent -> new SplicingEventLoop(absent, libc));
        assert view.libc.equals(libc) : "too late for another kernel";
        return view.endsWithLoop();
    }

    /** Once it is in the map, as that may be at once. Idempotent. */
    private SplicingEventLoop endsWithLoop() {
        loop.terminationFuture().addListener(terminated -> {
            VIEWS.remove(loop, this);
            pool.close();
        });
        return this;
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
                closeThemAtTheEnd();
                promise.setSuccess(splicing.registeredAs(registered.getNow()));
            } else {
                promise.setFailure(registered.cause());
            }
        });
        return promise;
    }

    /**
     * Netty's loop may end without closing its channels: docs/netty-bugs.md, OPEN_CHANNELS. Where there are none it has no
     * hook, as one that has run begins a quiet period.
     */
    private void closeThemAtTheEnd() {
        if (loop instanceof SingleThreadEventExecutor executor) { // which keeps its hooks in a set
            if (handles.isEmpty()) {
                executor.removeShutdownHook(closeAll);
            } else {
                executor.addShutdownHook(closeAll);
            }
        }
    }

    private void closeAll() {
        for (SplicingHandle handle : List.copyOf(handles.values())) {
            try {
                handle.close();
            } catch (Exception e) {
                logger.warn("A channel could not be closed when its event loop ended.", e);
            }
        }
    }

    @Override
    public void unregistered(EpollIoHandle handle, SplicingHandle splicing) {
        assert inEventLoop();
        handles.remove(handle, splicing); // not that of a later registration
        closeThemAtTheEnd();
    }

    @Override
    @Deprecated
    public ChannelFuture register(Channel channel) {
        return register(new DefaultChannelPromise(channel, this));
    }

    @Override
    @Deprecated
    public ChannelFuture register(ChannelPromise promise) {
        return register(promise.channel(), promise);
    }

    @Override
    @Deprecated
    public ChannelFuture register(Channel channel, ChannelPromise promise) {
        channel.unsafe().register(this, promise);
        return promise;
    }
}
