// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.RejectedExecutionHandlers;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** An event loop with little room for tasks. */
public final class CrampedLoop extends SingleThreadIoEventLoop {
    /** The least that Netty gives one. */
    private static final int ROOM = 2048;

    private static final long QUANTUM_MILLIS = 1000;

    private CrampedLoop(MultiThreadIoEventLoopGroup group, Executor executor, IoHandlerFactory factory) {
        super(group, executor, factory, ROOM, RejectedExecutionHandlers.reject(), QUANTUM_MILLIS);
    }

    /** Of one. */
    public static MultiThreadIoEventLoopGroup newGroup() {
        return new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory()) {
            @Override
            protected IoEventLoop newChild(Executor executor, IoHandlerFactory factory, Object... args) {
                return new CrampedLoop(this, executor, factory);
            }
        };
    }

    /** Gives it as many tasks as it takes while it is busy, but for some. */
    public void fillBut(int left) {
        while (pendingTasks() < ROOM - left) {
            execute(() -> {});
        }
    }

    /** Gives a loop that is busy as many tasks as it takes. */
    public static void fill(Executor loop) {
        try {
            while (true) {
                loop.execute(() -> {});
            }
        } catch (RejectedExecutionException full) {
            // now it is
        }
    }
}
