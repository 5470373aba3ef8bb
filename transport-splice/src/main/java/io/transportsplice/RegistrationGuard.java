package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.DuplexChannel;

/**
 * Guards a channel against losing its epoll registration. Netty 4.2.18 deletes it when the last interest goes; the next
 * interest then fails with ENOENT, and the channel with it. An adopted channel does not suffer that, so the guard adopts:
 * no sooner than an interest may be missing and another is about to be needed, because most channels never come to it.
 *
 * <p>EPOLLRDHUP, which is always wanted, goes when an end of input is reported. That may be
 * <ul>
 * <li>the peer's: the channel has half-closed. Reading needs no more than being ignored then, nothing will ever come;
 * <li>a stranger's: within one batch of events a channel is closed and another accepted with the same descriptor, and
 * what is left in the batch for the one comes to the other. Nobody is told.
 * </ul>
 * EPOLLIN is there while a read is outstanding. So without a read outstanding, or after the end of input, nothing may be
 * left when something must be written that has to wait for the socket, or when reading resumes.
 *
 * <p>Confined to the event loop of its channel.
 */
final class RegistrationGuard {

    private final Adoption adoption;
    /** No read() from before the handler was added can be outstanding: being adopted would lose it. */
    private boolean readsKnown;

    private boolean inputShutdown;
    private boolean inputEnded;
    /** A read loop of the channel may have run, and so an end of input may have been reported in it. */
    private boolean eventSeen;
    /** The channel's read loop is running, or is about to ask for more by itself: EPOLLIN stands. */
    private boolean inReadLoop;

    private boolean autoReadDue;
    /** The last read() came while autoRead was on. Switching that off takes it back and tells nobody. */
    private boolean readByAutoRead;
    /** Something was written that has not been flushed. */
    private boolean unflushed;

    RegistrationGuard(Adoption adoption) {
        this.adoption = adoption;
        Channel channel = adoption.channel();
        readByAutoRead = channel.config().isAutoRead();
        readsKnown = readByAutoRead || !channel.isActive();
        inputShutdown = ((DuplexChannel) channel).isInputShutdown(); // before we came
        eventSeen = channel.isActive(); // so it may have been, unless channelActive is to come
    }

    /** The channel's first moment. */
    void activated() {
        readsKnown = true;
        eventSeen = false;
    }

    void userEvent(Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            inputShutdown = true;
            if (adoption.handle() == null && hasFlushed()) {
                // Output is waiting already. This interest lasts until the adoption's turn.
                adoption.channel().unsafe().beginRead();
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

    /** Whether every read() that is outstanding was seen by the handler. */
    boolean areReadsKnown() {
        return readsKnown;
    }

    /** A read() was seen: from here on all are. Returns whether they were not before. */
    boolean noteRead() {
        boolean newly = !readsKnown;
        readsKnown = true;
        return newly;
    }

    void messageRead() {
        readsKnown = true;
        inReadLoop = true;
    }

    void readCompleted() {
        inReadLoop = false;
        eventSeen = true;
        autoReadDue = adoption.channel().config().isAutoRead();
    }

    /** To be called before each read(), which may turn out to need the adoption first. */
    void beforeRead(boolean readOutstanding) {
        boolean resuming = (!readOutstanding || readByAutoRead) && !inReadLoop && !autoReadDue;
        autoReadDue = false;
        readByAutoRead = adoption.channel().config().isAutoRead();
        if (resuming && eventSeen && adoption.handle() == null) {
            adoption.begin();
        }
    }

    /** Whether the last read() was taken back by switching autoRead off. */
    boolean isReadTakenBack() {
        return readByAutoRead && !adoption.channel().config().isAutoRead();
    }

    /** Takes note of a write. An empty buffer, often written for its future alone, never waits. */
    void written(Object message) {
        if (!(message instanceof ByteBuf buffer && !buffer.isReadable())) {
            unflushed = true;
        }
    }

    /** To be called before each flush, which may turn out to need the adoption first. */
    void beforeFlush(boolean readOutstanding) {
        boolean interested = !inputShutdown && (readOutstanding || inReadLoop || autoReadDue);
        if (!interested && (eventSeen || inputShutdown) && adoption.handle() == null && (unflushed || hasFlushed())) {
            adoption.begin();
        }
        unflushed = false;
    }

    private boolean hasFlushed() {
        ChannelOutboundBuffer buffer = adoption.channel().unsafe().outboundBuffer();
        return buffer != null && !buffer.isEmpty();
    }
}
