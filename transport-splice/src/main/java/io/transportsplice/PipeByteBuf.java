// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.AbstractDerivedByteBuf;
import io.netty.buffer.ByteBuf;
import io.netty.util.IllegalReferenceCountException;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import io.netty.util.ResourceLeakTracker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

/**
 * Bytes in a kernel pipe as a message of the pipeline. Whoever looks makes it a buffer in memory, once, and its pipe goes
 * home. Until then a sink may take the pipe, and drain it; or have the bytes in its own, where somebody else has them, too.
 *
 * <p>The invariant: the bytes are in its pipe (<i>untouched</i>), or in memory (<i>in memory</i>), or some sink's alone
 * (<i>taken</i>). The first of these is left only once, and the pipe goes home once, whatever threads are at work. A pipe
 * that goes home with bytes inside is closed, so they can never surface in another connection.
 *
 * <p>Like any buffer it is used by its owners, on any thread; several may look at the same time.
 */
final class PipeByteBuf extends LazyByteBuf {

    /** Where pipes come from. */
    interface Home {
        /** A buffer's pipe is not needed any more. Once for each buffer, on any thread. */
        void returned(PipeByteBuf buffer, Pipe pipe, Fate fate);

        /** A buffer lives on, but waits in a sink less often. Any thread. */
        void waitsNoMore();

        /** Somebody looked in vain. If he does not send it, release it or look again at once, it counts as lost. Any thread. */
        void lookedInVain(PipeByteBuf buffer);
    }

    /** What became of the bytes in a pipe. */
    enum Fate {
        /** A sink had them all, by this pipe or another. */
        DRAINED,
        /** The same, after the sink's socket had been full. */
        BLOCKED,
        /** The same, with something else before it: somebody makes frames of them. */
        FRAMED,
        /** Somebody looked. */
        LOOKED_AT,
        /** They were released unread, in somebody's pipeline. */
        DISCARDED,
        /** The sink that they waited for is no more. */
        LOST,
        /** Somebody looked in vain, as there was no memory or the read failed: there is a hole in the stream. */
        UNREADABLE
    }

    private static final ResourceLeakDetector<PipeByteBuf> LEAK_DETECTOR =
            ResourceLeakDetectorFactory.instance().newResourceLeakDetector(PipeByteBuf.class);

    private static final int UNTOUCHED = 0;
    private static final int IN_MEMORY = 1;
    private static final int TAKEN = 2;
    private static final int GIVEN_BACK = 3; // by the sink that had taken it
    private static final int RELEASED = 4;

    private static final AtomicIntegerFieldUpdater<PipeByteBuf> STATE =
            AtomicIntegerFieldUpdater.newUpdater(PipeByteBuf.class, "state");
    private static final AtomicIntegerFieldUpdater<PipeByteBuf> WAITING =
            AtomicIntegerFieldUpdater.newUpdater(PipeByteBuf.class, "waiting");
    private static final AtomicIntegerFieldUpdater<PipeByteBuf> FLUSHED =
            AtomicIntegerFieldUpdater.newUpdater(PipeByteBuf.class, "flushed");

    private final Pipe pipe;
    private final Home home;
    private final ResourceLeakTracker<PipeByteBuf> leak;

    private volatile int state;
    private volatile ByteBuf content; // not null once in memory
    private volatile int waiting; // how often it is in the outbound buffer of a sink
    private volatile int flushed; // how many of those sinks have been told to send it
    private volatile Fate drained = Fate.DRAINED; // what is to be said of it then
    private volatile boolean lookedInVain; // somebody has, but there was no memory
    private volatile boolean sent; // a sink has emptied a pipe of its own that had them all

    PipeByteBuf(Pipe pipe, Home home, DirectMemory memory) {
        super(memory, (int) pipe.bytes());
        this.pipe = pipe;
        this.home = home;
        leak = LEAK_DETECTOR.track(this);
        Counters.BUFFERS.increment();
    }

    /** The buffer that a message is, or of which it is a slice, a duplicate or a read-only view; else null. */
    @SuppressWarnings("deprecation") // AbstractDerivedByteBuf: the only name for what shares its root's count
    static PipeByteBuf of(Object message) {
        Object root = message;
        while (root instanceof AbstractDerivedByteBuf derived) {
            root = derived.unwrap();
        }
        return root instanceof PipeByteBuf buffer ? buffer : null;
    }

    /** Whether nobody has looked. */
    boolean isUntouched() {
        return state == UNTOUCHED;
    }

    /** Whether nobody has looked, and the view of it shows all the bytes. */
    boolean isWhole(ByteBuf view) {
        return state == UNTOUCHED && view.readableBytes() == capacity();
    }

    // In memory.

    @Override
    ByteBuf content() {
        ByteBuf present = content;
        return present != null ? present : look();
    }

    /** One owner at a time. A failure leaves the pipe and its bytes as they were. */
    private synchronized ByteBuf look() {
        ensureAccessible();
        if (content != null) {
            return content;
        }
        ByteBuf bytes = memory();
        if (!STATE.compareAndSet(this, UNTOUCHED, IN_MEMORY)) {
            bytes.release();
            throw new IllegalReferenceCountException("the bytes are gone: into a channel, or unreadable");
        }
        try {
            content = readInto(bytes, pipe);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            if (content == null) {
                home.lookedInVain(this);
            }
        }
        Counters.lookedAt();
        home.returned(this, pipe, Fate.LOOKED_AT);
        return bytes;
    }

    private ByteBuf memory() {
        try {
            return alloc().directBuffer(capacity());
        } catch (Throwable e) {
            lookedInVain = true;
            home.lookedInVain(this);
            throw e;
        }
    }

    /** Moves what a pipe holds into memory, which it releases if that fails. */
    private static ByteBuf readInto(ByteBuf bytes, Pipe from) throws IOException {
        try {
            while (from.bytes() > 0) {
                ByteBuffer space = bytes.internalNioBuffer(bytes.writerIndex(), (int) from.bytes());
                long n = from.read(space);
                if (n <= 0) {
                    throw LibC.newIOException("read", (int) -n);
                }
                Counters.BYTES_COPIED.add(n);
                bytes.writerIndex(bytes.writerIndex() + (int) n);
            }
            return bytes;
        } catch (Throwable e) {
            bytes.release();
            throw e;
        }
    }

    // Taken.

    /** It is in the outbound buffer of a sink, and framed if something else was written just before. */
    void waits(boolean framed) {
        if (framed) {
            drained = Fate.FRAMED;
        }
        WAITING.getAndAdd(this, 1);
    }

    /** It no longer is, but somebody else has it. */
    void waitsNoMore(boolean wasFlushed) {
        WAITING.getAndAdd(this, -1);
        if (wasFlushed) {
            FLUSHED.getAndAdd(this, -1);
            home.waitsNoMore(); // who asks meanwhile may be told that it waits
        }
    }

    /** Whether neither a sink nor memory has its bytes, though it is not released. */
    synchronized boolean isHeldUnread() {
        return refCnt() > 0 && state <= IN_MEMORY && content == null && waiting == 0;
    }

    boolean isInMemory() {
        return content != null;
    }

    /** A sink is about to send it, or tries to. */
    void flushed() {
        FLUSHED.getAndAdd(this, 1);
    }

    /** Whether it waits for sockets alone: who else has it may wait for more, and one sink that has sent it not for another. */
    boolean isWaiting() {
        int sinks = flushed; // before the owners, of whom a sink is one: see waitsNoMore
        return sinks > 0 && sinks == refCnt() && !sent;
    }

    /** Its sink's socket is full. */
    void blocked() {
        if (drained == Fate.DRAINED) {
            drained = Fate.BLOCKED;
        }
    }

    /** Makes the bytes the caller's until {@link #giveBack}, if nobody else can see them, now or later; else null. */
    Pipe take(ByteBuf view) {
        return isWhole(view) && refCnt() == 1 && STATE.compareAndSet(this, UNTOUCHED, TAKEN) ? pipe : null;
    }

    /**
     * Gives a sink's own pipe the bytes if one other owner has them, who is no sink: mostly their writer, who lets go after the
     * flush. Sinks of a broadcast have memory, as none may wait for another. Whether it has them all.
     */
    synchronized boolean duplicateInto(Pipe other) {
        return state == UNTOUCHED && refCnt() <= 2 && waiting == 1 && pipe.tee(other) == pipe.bytes();
    }

    void sentDuplicate() { // nothing is left in such a pipe
        sent = true;
    }

    /** What has not been drained of it, or of a duplicate, in memory; the caller's. */
    ByteBuf takeRest(Pipe taken) throws IOException {
        return readInto(alloc().directBuffer((int) taken.bytes()), taken);
    }

    /** The sink is done with what it took. */
    void giveBack() {
        if (!STATE.compareAndSet(this, TAKEN, GIVEN_BACK)) { // released by somebody who had no right to
            home.returned(this, pipe, fate(RELEASED));
        }
    }

    // Released.

    @Override
    protected void deallocate() {
        if (leak != null) {
            leak.close(this);
        }
        Counters.BUFFERS_RELEASED.increment();
        int last = STATE.getAndSet(this, RELEASED);
        if (last == IN_MEMORY) {
            releaseContent();
        } else if (last != TAKEN) { // else the sink still has the pipe, and the number of its descriptor
            home.returned(this, pipe, fate(last));
        }
    }

    private Fate fate(int last) {
        if (pipe.bytes() == 0 || sent) {
            return drained;
        }
        if (last != UNTOUCHED || waiting > 0) {
            return Fate.LOST;
        }
        return lookedInVain ? Fate.UNREADABLE : Fate.DISCARDED;
    }

    /** Waits for somebody who looks, though not an owner. */
    private synchronized void releaseContent() {
        ByteBuf bytes = content;
        if (bytes != null) {
            content = null; // a pool gives the object to somebody else
            bytes.release();
        } else {
            home.returned(this, pipe, Fate.UNREADABLE);
        }
    }

    @Override
    public ByteBuf touch() {
        return touch(null);
    }

    @Override
    public ByteBuf touch(Object hint) {
        // a stack trace: where leaks are sampled, as by default, Netty's buffers do not record it either
        if (leak != null && ResourceLeakDetector.getLevel().compareTo(ResourceLeakDetector.Level.ADVANCED) >= 0) {
            leak.record(hint);
        }
        return this;
    }
}
