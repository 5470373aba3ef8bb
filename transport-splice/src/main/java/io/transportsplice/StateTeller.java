// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.epoll.AbstractEpollStreamChannel;

/**
 * Tells the pipeline of a channel whether it splices: a {@link SpliceStateEvent} when that changes, and only then. The base
 * of {@link SpliceSource}, since an object of its own would cost each channel memory for one field.
 *
 * <p>Confined to the event loop of its channel.
 */
abstract class StateTeller {

    /** What the pipeline knows. */
    private enum State {
        COPYING,
        SPLICING,
        /** It is about to be told that it no longer splices, unless it does again by then. */
        STOPPING
    }

    final AbstractEpollStreamChannel channel;
    final SplicingEventLoop loop;
    final SpliceOptions options;
    private State state = State.COPYING;

    StateTeller(AbstractEpollStreamChannel channel, SpliceOptions options) {
        this.channel = channel;
        this.options = options;
        this.loop = (SplicingEventLoop) channel.eventLoop(); // of an adopted one
    }

    boolean isToldToSplice() {
        return state != State.COPYING;
    }

    /** A spliced message is about to be delivered. */
    void delivering() {
        State before = state;
        state = State.SPLICING;
        if (before == State.COPYING) {
            tell(true, null);
        }
    }

    /** In a task: a handler that is told must not find the source, or its own caller, between two states. */
    void stopped(SpliceFallback reason) {
        if (state == State.SPLICING) {
            state = State.STOPPING;
            Tasks.execute(loop, () -> tellStopped(reason), () -> {});
        }
    }

    private void tellStopped(SpliceFallback reason) {
        if (state == State.STOPPING && channel.isRegistered()) {
            state = State.COPYING;
            tell(false, reason);
        }
    }

    private void tell(boolean splicing, SpliceFallback reason) {
        if (options.stateEvents()) {
            channel.pipeline().fireUserEventTriggered(new SpliceStateEvent(splicing, reason));
        }
    }
}
