// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelPipeline;
import io.netty.util.concurrent.DefaultEventExecutorGroup;
import io.netty.util.concurrent.EventExecutorGroup;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A pipeline in which a guest is about to move in. */
final class Site {
    private record Entry(EventExecutorGroup executor, ChannelHandler handler) {}

    private final ChannelPipeline pipeline;
    private final SocketAddress backend;
    private final Visit visit;
    private final List<Entry> entries = new ArrayList<>();

    Site(ChannelPipeline pipeline, SocketAddress backend, Visit visit) {
        this.pipeline = pipeline;
        this.backend = backend;
        this.visit = visit;
    }

    Channel channel() {
        return pipeline.channel();
    }

    /** Where the relay's channel to the backend connects to. */
    SocketAddress backend() {
        return backend;
    }

    Site add(ChannelHandler... handlers) {
        for (ChannelHandler handler : handlers) {
            entries.add(new Entry(null, handler));
        }
        return this;
    }

    /** One that is called on another thread than its channel's. */
    void addElsewhere(ChannelHandler handler) {
        // of its own: a task that fails, because an event loop has ended, ends it, too
        EventExecutorGroup executor = new DefaultEventExecutorGroup(1);
        visit.afterwards(() -> executor.shutdownGracefully(0, 1, TimeUnit.SECONDS));
        entries.add(new Entry(executor, handler));
    }

    /** Something to be looked at when all the bytes of a stream have passed. */
    void check(Runnable check) {
        visit.check(check);
    }

    /** Puts all of them first into the pipeline, in this order. */
    @SuppressWarnings("deprecation") // an executor of its own: there is such code
    void assemble() {
        for (int i = entries.size() - 1; i >= 0; i--) {
            pipeline.addFirst(entries.get(i).executor(), null, entries.get(i).handler());
        }
    }
}
