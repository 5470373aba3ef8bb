package io.transportsplice;

import io.netty.channel.Channel;

/** Whether a {@code read()} is outstanding, of a channel that is not adopted. Confined to the event loop of the channel. */
final class ReadRequest {

    private enum State {
        NONE,
        OUTSTANDING,
        /** Made while autoRead was on: switching that off takes it back. */
        AUTOMATIC,
        /** Nobody knows, as the handler came later. The next message or {@code read()} tells. */
        UNKNOWN,
        /** Others stood in front of the handler and may have read: better one message unasked for than none at all. */
        ASSUMED
    }

    private final Channel channel;
    private State state;
    /** A message has come since it was made, which may be the channel's own: its channelReadComplete tells. */
    private boolean answered;

    ReadRequest(Channel channel) {
        this.channel = channel;
        state = channel.isActive() ? State.UNKNOWN : State.NONE;
    }

    private boolean isAutoRead() {
        return channel.config().isAutoRead();
    }

    boolean isOutstanding() {
        return switch (state) {
            case NONE, UNKNOWN -> false;
            case AUTOMATIC -> isAutoRead();
            case OUTSTANDING, ASSUMED -> true;
        };
    }

    boolean isKnown() {
        return state != State.UNKNOWN || isAutoRead();
    }

    void made() {
        answered = false;
        learned(isAutoRead() ? State.AUTOMATIC : State.OUTSTANDING);
    }

    void answered() {
        answered = true;
    }

    void completed() {
        if (answered) {
            satisfied();
        }
    }

    void satisfied() {
        answered = false;
        learned(State.NONE);
    }

    private void learned(State now) {
        if (state != State.ASSUMED) {
            state = now;
        }
    }

    /** The channel's first moment: all that is asked of it is seen from here on. */
    void activated() {
        if (state == State.UNKNOWN) {
            state = State.NONE;
        }
    }

    /** Somebody may have read past us. */
    void mayHaveBeenMissed() {
        state = State.ASSUMED;
    }

    /** With the registration all is forgotten. */
    void unregistered() {
        state = State.NONE;
    }
}
