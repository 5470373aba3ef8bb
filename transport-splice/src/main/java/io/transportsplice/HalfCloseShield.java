package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;

/**
 * Guards a channel whose peer has half-closed against Netty 4.2.18, which deletes the epoll registration when the last
 * interest goes, which only such a channel comes to; the next interest then fails with ENOENT, and the channel with it.
 * An adopted channel does not suffer it, so the shield adopts. Since most channels end right after their input, it waits
 * until something must be written that may have to wait for the socket. Reading needs no more than being ignored:
 * nothing will ever come.
 *
 * <p>Confined to the event loop of its channel.
 */
final class HalfCloseShield {

    private final Channel channel;
    private final Adoption adoption;
    private boolean inputShutdown;
    private boolean inputEnded;
    /** Since the input was shut down something was written that has not been flushed. */
    private boolean unflushed;

    HalfCloseShield(Channel channel, Adoption adoption) {
        this.channel = channel;
        this.adoption = adoption;
    }

    void userEvent(Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            inputShutdown = true;
            if (adoption.handle() == null && hasFlushed()) {
                // Output is waiting already. This interest lasts until the adoption's turn.
                channel.unsafe().beginRead();
                adoption.begin();
            }
        } else if (event == ChannelInputShutdownReadComplete.INSTANCE) {
            inputEnded = true;
        }
    }

    /** Whether the socket will be read no more. */
    boolean isInputShutdown() {
        return inputShutdown;
    }

    /** Whether everything has been read. */
    boolean isInputEnded() {
        return inputEnded;
    }

    /** Takes note of a write. An empty buffer, often written for its future alone, never waits. */
    void written(Object message) {
        if (inputShutdown && !(message instanceof ByteBuf buffer && !buffer.isReadable())) {
            unflushed = true;
        }
    }

    /** To be called before each flush, which may turn out to need the adoption first. */
    void beforeFlush() {
        if (inputShutdown && adoption.handle() == null && (unflushed || hasFlushed())) {
            adoption.begin();
        }
        unflushed = false;
    }

    private boolean hasFlushed() {
        ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
        return buffer != null && !buffer.isEmpty();
    }
}
