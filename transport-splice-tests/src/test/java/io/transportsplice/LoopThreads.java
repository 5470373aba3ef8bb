// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Gives a benchmark threads like those of an event loop: on others, Netty recycles no objects. JMH asks for this form. */
public final class LoopThreads extends ThreadPoolExecutor {

    static final String CUSTOM = "-Djmh.executor=CUSTOM";
    static final String CLASS = "-Djmh.executor.class=io.transportsplice.LoopThreads";

    public LoopThreads(int maxThreads, String prefix) {
        super(
                maxThreads,
                maxThreads,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                new DefaultThreadFactory(prefix));
    }
}
