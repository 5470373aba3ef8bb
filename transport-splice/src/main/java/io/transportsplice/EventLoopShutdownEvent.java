// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import org.jspecify.annotations.NullMarked;

/**
 * A user event: the channel's event loop shuts down, and closes the channel as soon as this event has been handled. Netty
 * itself tells nobody beforehand. Whoever is in the middle of a stream may want the far end to see a reset instead of what
 * looks like its end. Fired on the event loop, in pipelines with an {@link EpollSpliceHandler}.
 */
@NullMarked
public final class EventLoopShutdownEvent {

    public static final EventLoopShutdownEvent INSTANCE = new EventLoopShutdownEvent();

    private EventLoopShutdownEvent() {}

    @Override
    public String toString() {
        return "EventLoopShutdownEvent";
    }
}
