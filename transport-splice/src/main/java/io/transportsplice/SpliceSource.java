// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.AbstractEpollStreamChannel;
import io.netty.channel.epoll.EpollDomainSocketChannelConfig;
import io.netty.channel.unix.DomainSocketReadMode;
import io.transportsplice.SpliceOptions.Policy;
import java.io.IOException;

/**
 * The filling side of a splicing channel, while it is registered: fills pipes and sends them up the pipeline, one for each
 * message that is wanted.
 *
 * <p>Confined to the event loop of its channel, except for {@link PipeByteBuf.Home}.
 */
final class SpliceSource extends StateTeller implements SocketReader, PipeByteBuf.Home {

    /** What its owner knows. */
    interface Bounds {
        /** How many bytes the next message may have; 0 if they must not be spliced. */
        long allowance();

        /** The input has failed, though Netty may find nothing but its end. */
        void failed(Throwable cause);
    }

    /** A fill this large leaves more behind, as a rule: worth another try at once. Smaller: let epoll say. */
    private static final int LIKELY_MORE = 64 * 1024;
    /** So many wake-ups in a row that bring nothing are false alarms: splice(2) does not see what there is to read. */
    private static final int MOST_FALSE_ALARMS = 16;

    private final SplicingHandle handle;
    private final StreamMeter meter;
    private final Bounds bounds;
    private final Rounds.Turn turn = new Rounds.Turn();
    private DirectMemory memory = DirectMemory.last(); // of the channel's allocator, which may be another the next time

    private final InFlight inFlight;
    private byte falseAlarms;
    /** Somebody has looked in vain, and nobody knows yet whether he has the buffer still. */
    private boolean inDoubt;

    SpliceSource(AbstractEpollStreamChannel channel, SplicingHandle handle, StreamMeter meter, Bounds bounds) {
        super(channel, meter.options);
        this.handle = handle;
        this.meter = meter;
        this.bounds = bounds;
        inFlight = new InFlight(options.maxInFlight(), loop.ticker());
    }

    void start() {
        meter.started();
        handle.startSplicing(this);
    }

    /** Ends splicing, if it goes on; what is in flight lives on, and Netty reads from here. The reason may be null. */
    void stop(SpliceFallback reason) {
        if (isSplicing()) {
            handle.stopSplicing();
            stopped(reason);
            if (reason != null) {
                Counters.fallback(reason, channel);
            }
        }
    }

    @Override
    public void ended() {
        handle.stopAtEndOfInput();
        stopped(null);
    }

    boolean isSplicing() {
        return handle.isSplicing(this);
    }

    /** Fills until the socket seems empty, nothing is wanted, or this wake-up had its share: epoll brings us back. */
    @Override
    public Outcome readable() {
        if (channel.isInputShutdown()) { // by its user: what is still unread is Netty's to give or not
            stop(null);
            return Outcome.LEFT_TO_CHANNEL;
        }
        if (meter.asks() && !meter.isStream(unread())) {
            stop(isToldToSplice() ? SpliceFallback.CHATTER : null);
            return Outcome.LEFT_TO_CHANNEL;
        }
        Outcome outcome = inFlight.next();
        if (outcome == Outcome.LEFT_TO_CHANNEL) {
            Counters.fallback(SpliceFallback.HELD, channel);
        }
        if (outcome != Outcome.USED || !loop.rounds.isTurnOf(turn)) {
            return outcome;
        }
        long likelyMore = Math.min(LIKELY_MORE, options.pipeCapacity());
        long share = Math.max(LIKELY_MORE, options.pipeCapacity());
        long bytes = 0;
        long n;
        do {
            n = fill();
            bytes += Math.max(n, 0);
        } while (n >= likelyMore
                && bytes < share
                && isSplicing()
                && !inDoubt
                && !channel.isInputShutdown()
                && handle.isWanted()
                && inFlight.next() == Outcome.USED);
        loop.rounds.moved(turn, bytes);
        if (isSplicing()) {
            awoken(bytes);
        }
        return Outcome.USED;
    }

    /** A wake-up has brought this many bytes: is it worth while to go on? */
    private void awoken(long bytes) {
        if (bytes > 0) {
            falseAlarms = 0;
            if (meter.isChatter(bytes)) {
                stop(SpliceFallback.CHATTER);
            }
            return;
        }
        boolean urgent = loop.libc.isAtUrgentMark(channel.fd().intValue());
        if (urgent || ++falseAlarms == MOST_FALSE_ALARMS) {
            falseAlarms = 0;
            refused(urgent ? SpliceFallback.FILL_STUCK : SpliceFallback.FILL_HIDDEN);
        }
    }

    /** Sends one message up the pipeline: its bytes, or what {@link Pipe#fill} says. */
    private long fill() {
        if (readsDescriptors()) {
            refused(SpliceFallback.READS_DESCRIPTORS);
            return -1;
        }
        long allowance = bounds.allowance();
        if (allowance == 0) {
            refused(SpliceFallback.NOT_FIRST);
            return -1;
        }
        memory = memory.as(channel.alloc());
        Pipe pipe = loop.pool.get(options.pipeCapacity());
        if (pipe == null) {
            refused(SpliceFallback.NO_PIPE);
            return -1;
        }
        // The number is that of a channel which is still registered: after a close it is somebody else's.
        long n = pipe.fill(channel.fd().intValue(), Math.min(meter.mostBytes(), allowance));
        if (n > 0) {
            deliver(new PipeByteBuf(pipe, this, memory));
            return n;
        }
        loop.pool.put(pipe, options.maxPooledPipes());
        if (n == 0) {
            ended();
        } else if (n != -LibC.EAGAIN) {
            refusedByKernel((int) -n);
        }
        return n;
    }

    private boolean readsDescriptors() {
        return channel.config() instanceof EpollDomainSocketChannelConfig config
                && config.getReadMode() == DomainSocketReadMode.FILE_DESCRIPTORS;
    }

    private void deliver(PipeByteBuf buffer) {
        inFlight.add(buffer);
        handle.satisfied();
        delivering();
        channel.pipeline().fireChannelRead(buffer);
        channel.pipeline().fireChannelReadComplete();
        inFlight.delivered(buffer);
    }

    private void refusedByKernel(int errno) {
        if (LibC.isOutOfMemory(errno)) {
            refused(SpliceFallback.FILL_OUT_OF_MEMORY);
        } else if (LibC.isRefusal(errno)) {
            refused(SpliceFallback.FILL_UNSUPPORTED);
        } else {
            failed(); // and the error is told by us: Netty, reading after us, sees the end alone
            channel.pipeline().fireChannelReadComplete(); // as Netty does, before it tells
            Boolean halfCloses = channel.config().getOption(ChannelOption.ALLOW_HALF_CLOSURE);
            fail(LibC.newIOException("splice", errno), Boolean.TRUE.equals(halfCloses));
        }
    }

    /** As Netty does: a channel that half-closes finds the end behind the error. */
    private void fail(Throwable cause, boolean findsEnd) {
        if (channel.isOpen()) {
            bounds.failed(cause);
            channel.pipeline().fireExceptionCaught(cause);
            if (findsEnd && channel.isOpen()) {
                handle.stopAtEndOfInput();
            } else {
                channel.unsafe().close(channel.unsafe().voidPromise());
            }
        }
    }

    /** The same, and the meter waits longer before the next try. */
    void refused(SpliceFallback reason) {
        if (isSplicing()) {
            meter.refused();
            stop(reason);
        }
    }

    @Override
    public int unread() {
        return loop.libc.unread(channel.fd().intValue());
    }

    @Override
    public void failed() {
        stop(SpliceFallback.SOCKET_ERROR);
    }

    /** On whatever loop the channel has by then. */
    @Override
    public void broken(Throwable cause) {
        Tasks.run(channel.eventLoop(), () -> fail(cause, false), () -> {});
    }

    @Override
    public void returned(PipeByteBuf buffer, Pipe pipe, PipeByteBuf.Fate fate) {
        if (loop.inEventLoop()) {
            cameHome(buffer, pipe, fate);
        } else {
            Tasks.execute(loop, () -> cameHome(buffer, pipe, fate), () -> loop.pool.putAfterEnd(pipe));
        }
    }

    @Override
    public void waitsNoMore() {
        Tasks.execute(loop, this::resume, () -> {});
    }

    /** Who looked may have lost the buffer by his exception. */
    @Override
    public void lookedInVain(PipeByteBuf buffer) {
        if (loop.inEventLoop()) {
            inDoubt = true;
        }
        Tasks.execute(loop, () -> endIfLost(buffer), () -> {});
    }

    private void endIfLost(PipeByteBuf buffer) {
        inDoubt = false;
        if (buffer.isHeldUnread()) {
            failUnreadable();
        }
    }

    private void cameHome(PipeByteBuf buffer, Pipe pipe, PipeByteBuf.Fate fate) {
        boolean late = inFlight.remove(buffer);
        loop.pool.put(pipe, options.maxPooledPipes());
        switch (fate) {
            case DRAINED -> meter.drained(buffer.capacity(), late);
            case BLOCKED -> meter.drainedOfAFullOne(buffer.capacity(), late);
            case FRAMED -> meter.drainedFrame();
            case LOOKED_AT -> inVain(SpliceFallback.LOOKED_AT);
            case DISCARDED -> inVain(SpliceFallback.DISCARDED);
            case LOST -> {}
            case UNREADABLE -> failUnreadable();
        }
        resume();
    }

    /** Netty, where it has no memory to read into, tells and closes; to read on would hide the hole. */
    private void failUnreadable() {
        refused(SpliceFallback.SOCKET_ERROR);
        IOException cause = new IOException("bytes in a pipe were lost: they could not be read into memory");
        Tasks.execute(loop, () -> broken(cause), () -> {}); // not in the middle of a release()
    }

    private void inVain(SpliceFallback reason) {
        if (options.policy() == Policy.ALWAYS) {
            Counters.fallback(reason, channel);
        } else {
            refused(reason);
        }
    }

    private void resume() {
        if (isSplicing()) {
            handle.resumeReading();
        }
    }
}
