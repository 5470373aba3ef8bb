// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.EventExecutorGroup;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import java.util.concurrent.TimeUnit;

/** Ends event loops, which Netty may do without closing their channels: docs/netty-bugs.md, OPEN_CHANNELS. */
public final class LoopGroups {
    private static final long QUIET_NANOS = 1;

    private LoopGroups() {}

    /** At once, and with all their channels closed. A wrapped group sees to it by itself. */
    public static void end(EventExecutorGroup group) {
        for (EventExecutor loop : group) {
            if (loop instanceof SingleThreadEventExecutor stock && !loop.isShuttingDown()) {
                // Having run one, a loop with a quiet period goes round once more, and looks.
                stock.addShutdownHook(() -> {});
            }
        }
        group.shutdownGracefully(QUIET_NANOS, Await.BOUND.toNanos(), TimeUnit.NANOSECONDS)
                .syncUninterruptibly();
    }

    /** At the moment at which Netty forgets the channels. */
    public static void endWithoutClosing(EventExecutorGroup group) {
        for (EventExecutor loop : group) {
            // A task: they are run behind the look for a shutdown, and before the end.
            loop.execute(() -> loop.shutdownGracefully(0, Await.BOUND.toNanos(), TimeUnit.NANOSECONDS));
        }
        group.terminationFuture().syncUninterruptibly();
    }
}
