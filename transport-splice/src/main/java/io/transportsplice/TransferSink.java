// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;

/** Where the bytes of a transfer go. To be called on the event loop of the source. */
interface TransferSink {
    /** Takes a buffer over. Done when it has been written, or cannot be; on any thread. */
    Future<Void> write(ByteBuf buffer);

    /** Has what was written go out. */
    default void flush() {}

    /** Done when nothing more can be written. */
    Future<Void> closed();

    /**
     * Runs a task, on any thread, behind the last that a closed sink tells of its writes: its event loop may end. Nothing for
     * a sink that never closes.
     */
    default void afterLastWrite(Runnable task) {}

    record OfChannel(Channel channel) implements TransferSink {
        @Override
        public Future<Void> write(ByteBuf buffer) {
            return channel.write(buffer);
        }

        @Override
        public void flush() {
            channel.flush();
        }

        @Override
        public Future<Void> closed() {
            return channel.closeFuture();
        }

        @Override
        public void afterLastWrite(Runnable task) {
            Tasks.execute(channel.eventLoop(), task, task);
        }
    }
}
