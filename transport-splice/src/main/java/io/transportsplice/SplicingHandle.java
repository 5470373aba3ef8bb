package io.transportsplice;

import io.netty.channel.IoEvent;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;

/**
 * Stands between epoll and an adopted channel: epoll sees it as the {@link EpollIoHandle}, the channel sees it as the
 * {@link IoRegistration}. It alone knows epoll's bits.
 *
 * <p>It is in one of two states. <i>Passing</i>, without a {@link SpliceSource}: events go to the channel and its
 * interest goes to epoll, as if we were not there. <i>Splicing</i>: the events of reading go to the source, EPOLLOUT
 * alone stays the channel's, and an error ends the splicing, because errors are Netty's to report.
 *
 * <p>In both, the interest submitted to epoll is never 0: in Netty 4.2.18 that deletes the registration, and the next
 * submit fails with ENOENT. Where nothing is wanted the registration is edge-triggered instead, since EPOLLHUP and
 * EPOLLERR cannot be masked and would spin a level-triggered loop.
 *
 * <p>Netty 4.2.18 finds a registration by its descriptor's number, and a new channel may have the number of one that was
 * closed in the same batch of events. What is left for the old one is kept from the new one: it would read before it is
 * connected, or believe in an end of input that is none.
 *
 * <p>While splicing, reading stays switched on (level-triggered) across regions, so that a region costs no epoll_ctl:
 * only when an event comes that cannot be used is it switched off, and on again when it can.
 *
 * <p>Confined to the event loop of its channel.
 */
@SuppressWarnings("try") // AutoCloseable by IoHandle's doing: who closes it is the event loop that shuts down
final class SplicingHandle implements EpollIoHandle, IoRegistration {

    private static final int IN = EpollIoOps.EPOLLIN.value();
    private static final int OUT = EpollIoOps.EPOLLOUT.value();
    private static final int ERR = EpollIoOps.EPOLLERR.value();
    private static final int RDHUP = EpollIoOps.EPOLLRDHUP.value();
    private static final int ET = EpollIoOps.EPOLLET.value();
    private static final int HUP = 0x10; // Netty has no constant for it, its own handle never looks

    private static final EpollIoEvent WRITABLE = event(OUT);
    private static final EpollIoEvent END_OF_INPUT = event(IN | RDHUP);

    private final EpollIoHandle channel;
    private final SplicingEventLoop loop;
    private IoRegistration registration;
    /** What the channel asked for last, and what epoll was told last. */
    private int wanted;

    private int submitted;
    /** Not null while splicing. */
    private SpliceSource source;
    /** While splicing: events of reading are switched off. */
    private boolean paused;
    /** Within the batch of events in which it registered: they are older than it is, and meant for somebody else. */
    private boolean fresh = true;
    /** While passing: the channel's EPOLLIN is a left-over of a read that was satisfied by splicing. */
    private boolean muted;

    SplicingHandle(EpollIoHandle channel, SplicingEventLoop loop) {
        this.channel = channel;
        this.loop = loop;
    }

    SplicingHandle registeredAs(IoRegistration registration) {
        this.registration = registration;
        return this;
    }

    SplicingEventLoop loop() {
        return loop;
    }

    // What the source and the handler ask for.

    void startSplicing(SpliceSource newSource) {
        assert loop.inEventLoop();
        source = newSource;
        paused = false;
        muted = false;
        update();
    }

    /** @param readWanted whether a read is outstanding, which the channel will now satisfy */
    void stopSplicing(boolean readWanted) {
        assert loop.inEventLoop();
        source = null;
        muted = !readWanted;
        update();
    }

    /** The source ended: the channel finds that out for itself, and does what Netty does at the end of input. */
    void stopAtEndOfInput() {
        source = null;
        muted = false;
        channel.handle(this, END_OF_INPUT);
        update();
    }

    boolean isSplicing(SpliceSource candidate) {
        return source == candidate && registration.isValid();
    }

    /** Reading can be used again. The event that then comes does the rest. */
    void resumeReading() {
        if (paused || muted) {
            paused = false;
            muted = false;
            update();
        }
    }

    /** Lets the channel flush what it has; it lost its EPOLLOUT when it was adopted. */
    void flushPending() {
        channel.handle(this, WRITABLE);
    }

    // What epoll says.

    @Override
    public void handle(IoRegistration ignored, IoEvent event) {
        assert loop.inEventLoop();
        if (fresh) {
            return;
        }
        SpliceSource current = source;
        if (current == null) {
            channel.handle(this, event);
            return;
        }
        int ops = ((EpollIoEvent) event).ops().value();
        if ((ops & ERR) != 0) {
            current.stop(SpliceFallback.SOCKET_ERROR);
            channel.handle(this, event);
            return;
        }
        if ((ops & wanted & OUT) != 0) {
            channel.handle(this, WRITABLE);
        }
        if ((ops & (IN | RDHUP | HUP)) != 0 && isSplicing(current) && !paused && !current.fill()) {
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
        loop.execute(() -> fresh = false); // a task: behind the batch
        channel.registered();
    }

    @Override
    public void unregistered() {
        source = null;
        loop.unregistered(channel);
        channel.unregistered();
    }

    @Override
    public void close() throws Exception {
        channel.close();
    }

    // What the channel says.

    @Override
    public long submit(IoOps ops) {
        int before = wanted;
        wanted = ((EpollIoOps) ops).value();
        if ((before & IN) != 0 && (wanted & IN) == 0 && source != null) {
            source.cancelRead();
        } else if ((before & IN) == 0 && (wanted & IN) != 0) {
            muted = false;
        }
        return update();
    }

    @Override
    public boolean cancel() {
        source = null;
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

    private long update() {
        int interest = source == null ? passingInterest() : splicingInterest();
        if (interest == submitted) {
            return interest;
        }
        submitted = interest;
        return registration.submit(EpollIoOps.valueOf(interest));
    }

    private int passingInterest() {
        int interest = muted ? wanted & ~IN : wanted;
        return interest == 0 ? ET : interest;
    }

    private int splicingInterest() {
        int interest = paused ? wanted & OUT : (wanted & OUT) | IN | RDHUP;
        return interest == 0 ? ET : interest; // waiting to write, it stays level-triggered: no edge to be missed
    }

    private static EpollIoEvent event(int bits) {
        EpollIoOps ops = EpollIoOps.valueOf(bits);
        return () -> ops;
    }
}
