// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.epoll.AbstractEpollStreamChannel;

/**
 * Tells the pipeline of a channel whether it splices: a {@link SpliceStateEvent} when that changes, and only then. A part of
 * {@link SpliceSource}, since an object more for each channel would be for one flag.
 *
 * <p>Confined to the event loop of its channel.
 */
abstract class StateTeller {

    final AbstractEpollStreamChannel channel;
    final SplicingEventLoop loop;
    /** What was told last. */
    private boolean told;

    StateTeller(AbstractEpollStreamChannel channel) {
        this.channel = channel;
        this.loop = (SplicingEventLoop) channel.eventLoop(); // of an adopted one
    }

    abstract boolean isSplicing();

    boolean isToldToSplice() {
        return told;
    }

    /** A spliced message is about to be delivered. */
    void delivering() {
        if (!told) {
            told = true;
            channel.pipeline().fireUserEventTriggered(new SpliceStateEvent(true, null));
        }
    }

    /** In a task: a handler that is told must not find the source, or its own caller, between two states. */
    void stopped(SpliceFallback reason) {
        if (told) {
            Tasks.execute(loop, () -> tellStopped(reason), () -> {});
        }
    }

    private void tellStopped(SpliceFallback reason) {
        if (told && !isSplicing() && channel.isRegistered()) {
            told = false;
            channel.pipeline().fireUserEventTriggered(new SpliceStateEvent(false, reason));
        }
    }
}
