// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** Runs what belongs on a channel's event loop there; io.transportsplice's Tasks are not public. Any thread. */
final class Loops {

    private static final long RETRY_MILLIS = 1;

    private Loops() {}

    /** At once if this is its thread. */
    static void run(Channel channel, Runnable task) {
        if (channel.eventLoop().inEventLoop()) {
            task.run();
        } else {
            later(channel, task);
        }
    }

    /** Behind whatever is being done. A full task queue is not the end of a loop: it tries again. */
    static void later(Channel channel, Runnable task) {
        EventLoop loop = channel.eventLoop();
        try {
            loop.execute(task);
        } catch (RejectedExecutionException e) {
            if (!loop.isShutdown()) { // else the channel is gone
                GlobalEventExecutor.INSTANCE.schedule(() -> later(channel, task), RETRY_MILLIS, TimeUnit.MILLISECONDS);
            }
        }
    }
}
