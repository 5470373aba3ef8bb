// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.Channel;
import io.netty.channel.IoEvent;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.EventExecutor;

/**
 * Stands between epoll and an adopted channel: epoll sees it as the {@link EpollIoHandle}, the channel sees it as the
 * {@link IoRegistration}. It alone knows epoll's bits, and whether a message is wanted.
 *
 * <p>It is in one of two states. <i>Passing</i>, without a {@link SocketReader}: events go to the channel and its interest goes
 * to epoll, as if we were not there. <i>Splicing</i>: the events of reading go to the reader, EPOLLOUT alone stays the
 * channel's, and an error ends the splicing, because errors are Netty's to report.
 *
 * <p>While splicing, a message is wanted when autoRead is on, as in Netty, and else after a {@code read()} that came by
 * the {@link EpollSpliceHandler}: such a read is kept from the channel. So when the channel asks for EPOLLIN with autoRead
 * off, it does so for somebody whose {@code read()} did not come by us: a handler in front of ours, or a read from before.
 * That message the channel reads itself.
 *
 * <p>The interest submitted to epoll is never 0: since Netty 4.2.13 that deletes the registration, and the next submit fails.
 * Where nothing is wanted it is edge-triggered instead, since EPOLLHUP and EPOLLERR, never masked, would spin the loop.
 *
 * <p>While splicing, reading stays switched on (level-triggered) across messages, which spares each an epoll_ctl, until an
 * event comes that cannot be used. While it is off the input's end is noticed all the same, by an edge, once no output waits.
 *
 * <p>Confined to the event loop of its channel.
 */
@SuppressWarnings("try") // AutoCloseable by IoHandle's doing: who closes it is the event loop that shuts down
final class SplicingHandle implements EpollIoHandle, IoRegistration {

    /** Where such handles are kept: by the view of the loop. */
    interface Registry extends EventExecutor {
        /** A registration is over. On the event loop. */
        void unregistered(EpollIoHandle channel, SplicingHandle handle);
    }

    private static final int IN = EpollIoOps.EPOLLIN.value();
    private static final int OUT = EpollIoOps.EPOLLOUT.value();
    private static final int ERR = EpollIoOps.EPOLLERR.value();
    private static final int RDHUP = EpollIoOps.EPOLLRDHUP.value();
    private static final int ET = EpollIoOps.EPOLLET.value();
    private static final int HUP = 0x10; // Netty has no constant for it, its own handle never looks

    private static final EpollIoEvent READABLE = () -> EpollIoOps.EPOLLIN;
    private static final EpollIoEvent WRITABLE = () -> EpollIoOps.EPOLLOUT;
    private static final EpollIoEvent END_OF_INPUT = () -> EpollIoOps.valueOf(IN | RDHUP);

    private final EpollIoHandle channel;
    private final Registry loop;
    private IoRegistration registration;
    /** What the channel asked for last. */
    private int asked;
    /** What epoll was told last. */
    private int submitted;
    /** Whose pipeline has, or had, an {@link EpollSpliceHandler}; else null. */
    private Channel owner;
    /** Not null while splicing. */
    private SocketReader reader;
    /** While splicing: a {@code read()} is outstanding, which the channel does not know of. */
    private boolean requested;
    /** While splicing: events of reading are switched off. */
    private boolean paused;
    /** In the batch of events in which it registered, Netty 4.2 has those of a closed channel with the same number for it. */
    private boolean fresh = true;

    SplicingHandle(EpollIoHandle channel, Registry loop) {
        this.channel = channel;
        this.loop = loop;
    }

    SplicingHandle registeredAs(IoRegistration newRegistration) {
        registration = newRegistration;
        return this;
    }

    void attach(Channel newOwner) {
        owner = newOwner;
    }

    void startSplicing(SocketReader newReader) {
        assert loop.inEventLoop();
        reader = newReader;
        paused = false;
        if ((submitted & IN) != 0 || isWanted()) {
            update(newReader); // else the first read() does, or output that waits
        }
    }

    /** What is outstanding is the channel's to read from here. */
    void stopSplicing() {
        assert loop.inEventLoop();
        SocketReader last = reader;
        reader = null;
        if (requested) {
            requested = false;
            owner.unsafe().beginRead();
        }
        update(last);
    }

    /** The input seems to have ended: the channel finds out, and does what Netty does then. */
    void stopAtEndOfInput() {
        stopSplicing();
        channel.handle(this, END_OF_INPUT);
    }

    boolean isSplicing(SocketReader candidate) {
        return reader == candidate && registration.isValid();
    }

    /** A {@code read()} came by. Returns whether it is to go on to the channel. */
    boolean read() {
        if (reader == null) {
            return true;
        }
        boolean autoRead = owner.config().isAutoRead();
        requested = !autoRead; // autoRead asks by itself, and switching it off takes all back
        resumeReading();
        return autoRead;
    }

    boolean isWanted() {
        // autoRead alone does not read: a handler may keep back the read() that switching it on makes
        return requested || ((asked & IN) != 0 && owner.config().isAutoRead());
    }

    /** A message is about to be delivered. */
    void satisfied() {
        requested = false;
    }

    /** Reading can be used again. The event that then comes does the rest. */
    void resumeReading() {
        if (isWanted()) {
            paused = false;
            update(reader);
        }
    }

    /** Lets the channel flush what it has: it lost its EPOLLOUT when it was adopted. */
    void flushPending() {
        channel.handle(this, WRITABLE);
    }

    @Override
    public void handle(IoRegistration ignored, IoEvent event) {
        assert loop.inEventLoop();
        if (fresh) {
            return;
        }
        SocketReader current = reader;
        if (current == null) {
            channel.handle(this, event);
            return;
        }
        try {
            handle(current, event);
        } catch (Throwable e) { // else the loop would pause, and drop the rest of its batch
            current.broken(e);
        }
    }

    private void handle(SocketReader current, IoEvent event) {
        int ops = ((EpollIoEvent) event).ops().value();
        if ((ops & ERR) != 0) {
            current.failed();
            channel.handle(this, event);
            return;
        }
        if ((ops & asked & OUT) != 0) {
            channel.handle(this, WRITABLE);
        }
        if ((ops & (IN | RDHUP | HUP)) != 0 && isSplicing(current)) {
            readable(current, ops);
        }
    }

    private void readable(SocketReader current, int ops) {
        if ((asked & IN) != 0 && !owner.config().isAutoRead()) { // by a read() that did not come by us
            requested = false; // the one message serves both
            channel.handle(this, READABLE);
            return;
        }
        switch (isWanted() ? current.readable() : SocketReader.Outcome.NOT_NOW) {
            case USED -> {}
            case LEFT_TO_CHANNEL -> leaveToChannel(ops);
            case NOT_NOW -> notNow(current, ops);
        }
    }

    private void leaveToChannel(int ops) {
        if (requested) {
            requested = false;
            owner.unsafe().beginRead();
        }
        channel.handle(this, reader == null && (ops & RDHUP) != 0 ? END_OF_INPUT : READABLE);
    }

    private void notNow(SocketReader current, int ops) {
        if ((ops & (RDHUP | HUP)) != 0 && current.unread() == 0) {
            current.ended();
        } else {
            paused = true;
            update();
        }
    }

    @Override
    public FileDescriptor fd() {
        return channel.fd();
    }

    @Override
    public void registered() {
        Tasks.execute(loop, () -> fresh = false, () -> {}); // a task: behind the batch
        channel.registered();
    }

    @Override
    public void unregistered() {
        reader = null;
        loop.unregistered(channel, this);
        channel.unregistered();
    }

    /** The event loop shuts down. */
    @Override
    public void close() throws Exception {
        if (owner != null) {
            Place.tellOfShutdown(owner.pipeline());
        }
        channel.close();
    }

    @Override
    public long submit(IoOps ops) {
        int before = asked;
        asked = ((EpollIoOps) ops).value();
        if ((asked & ~before & IN) != 0) {
            paused = false;
        }
        return update();
    }

    @Override
    public boolean cancel() {
        reader = null;
        loop.unregistered(channel, this); // Netty forgets to say so if the descriptor's number is in use again
        return registration.cancel();
    }

    @Override
    public boolean isValid() {
        return registration.isValid();
    }

    @Override
    @SuppressWarnings("TypeParameterUnusedInFormals") // Netty's signature
    public <T> T attachment() {
        return registration.attachment();
    }

    /** Not for the channel: whoever has this done is not to blame if epoll fails, and may be in the middle of a release(). */
    private void update(SocketReader current) {
        try {
            update();
        } catch (Throwable e) {
            Tasks.execute(loop, () -> current.broken(e), () -> {});
        }
    }

    private long update() {
        int interest = interest();
        if (interest == submitted) {
            return interest;
        }
        submitted = interest;
        return registration.submit(EpollIoOps.valueOf(interest));
    }

    private int interest() {
        if (reader == null) {
            return asked == 0 ? ET : asked;
        }
        int out = asked & OUT;
        if (!paused) {
            return out | IN | RDHUP;
        }
        return out == 0 ? RDHUP | ET : out; // waiting to write, it stays level-triggered: no edge to be missed
    }
}
