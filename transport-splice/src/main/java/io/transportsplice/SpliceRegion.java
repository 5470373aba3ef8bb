package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.FileRegion;
import io.netty.util.AbstractReferenceCounted;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetector.Level;
import io.netty.util.ResourceLeakDetectorFactory;
import io.netty.util.ResourceLeakTracker;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;

/**
 * Bytes in a kernel pipe, travelling through pipelines as a message. (Where {@link EpollSpliceHandler#limit} promised
 * regions and splicing is refused, they are in memory; nobody needs to know.) Forward it like any other: written to a channel
 * with an {@link EpollSpliceHandler} it is spliced into that channel's socket, written anywhere else its bytes are
 * copied out. Like every {@link FileRegion} it is consumed by being written, once; its bytes cannot be looked at in
 * place, but {@link #toByteBuf} turns it into a buffer in one call.
 *
 * <p>Reference counted: whoever does not pass it on must release it. Released empty, its pipe goes back to the pool of
 * the event loop it came from, from whatever thread; released with bytes inside, its pipe is closed and the bytes are
 * gone, so that they can never surface in another connection.
 *
 * <p>Used by one thread at a time, as any message.
 */
public final class SpliceRegion extends AbstractReferenceCounted implements FileRegion {

    private static final ResourceLeakDetector<SpliceRegion> LEAK_DETECTOR =
            ResourceLeakDetectorFactory.instance().newResourceLeakDetector(SpliceRegion.class);

    /** How much is copied at a time, where bytes must be copied out. */
    private static final int COPY_CHUNK = 64 * 1024;

    /** Both are null if the bytes came by a buffer, all of it taken from the start. */
    private final SpliceSource source;

    private final Pipe pipe;
    private final ByteBufAllocator alloc;
    private final long count;
    private final ResourceLeakTracker<SpliceRegion> leak;
    private long transferred;
    /** Where it is spliced to, once it has been written to a channel that can. */
    private SpliceSink sink;
    /** Bytes that were taken from the pipe and not accepted yet. */
    private ByteBuf taken;

    SpliceRegion(SpliceSource source, Pipe pipe, ByteBufAllocator alloc) {
        this.source = source;
        this.pipe = pipe;
        this.alloc = alloc;
        count = pipe.bytes();
        leak = LEAK_DETECTOR.track(this);
        Counters.REGIONS.increment();
    }

    /** Bytes that were read by copying and are to travel as a region all the same; the buffer is this region's. */
    SpliceRegion(ByteBuf buffer, ByteBufAllocator alloc) {
        this.source = null;
        this.pipe = null;
        this.alloc = alloc;
        count = buffer.readableBytes();
        taken = buffer;
        leak = LEAK_DETECTOR.track(this);
        Counters.REGIONS.increment();
    }

    /** Whether there never was a pipe. */
    boolean isCopied() {
        return pipe == null;
    }

    @Override
    public long position() {
        return 0;
    }

    /** The bytes it was filled with. */
    @Override
    public long count() {
        return count;
    }

    /** The bytes that were accepted by a sink so far. */
    @Override
    public long transferred() {
        return transferred;
    }

    @Override
    @Deprecated
    public long transfered() {
        return transferred;
    }

    private long remaining() {
        return count - transferred;
    }

    /** Whether it has been written or made a buffer, which can be done only once. */
    boolean isConsumed() {
        return sink != null || remaining() == 0;
    }

    /** Names the sink of a region that is not consumed. */
    void bind(SpliceSink newSink) {
        sink = newSink;
        sink.expect(remaining());
    }

    /**
     * Moves bytes on: by splicing, if it was written to a channel with an {@link EpollSpliceHandler}, which alone calls
     * this then; into any other target by copying. What was taken from the pipe and not accepted is kept for next time.
     *
     * @return the bytes accepted; 0 only if the target would block
     */
    @Override
    public long transferTo(WritableByteChannel target, long position) throws IOException {
        if (position != transferred) {
            throw new IllegalArgumentException(
                    "position " + position + ", but bytes leave a pipe in order: " + transferred + " have");
        }
        if (remaining() == 0) {
            return 0;
        }
        if (sink == null && transferred == 0 && taken == null) {
            Counters.fallback(SpliceFallback.SINK_NOT_SPLICED, target);
        }
        long n = sink != null && sink.canSplice() && taken == null ? drain(target) : copy(target);
        transferred += n;
        if (sink != null) {
            sink.accepted(n);
        }
        return n;
    }

    private long drain(WritableByteChannel target) throws IOException {
        long n = pipe.drain(sink.fd());
        if (n > 0) {
            Counters.BYTES_SPLICED.add(n);
            return n;
        }
        // The pipe is not empty, so would-block is the sink's, and 0 is not among the kernel's answers.
        if (n == -LibC.EAGAIN) {
            return 0;
        }
        if (n == 0 || !LibC.isRefusal((int) -n)) {
            sink.failed();
            throw LibC.newIOException("splice", (int) -n);
        }
        sink.spliceRefused((int) -n);
        return copy(target);
    }

    private long copy(WritableByteChannel target) throws IOException {
        if (taken == null) {
            ByteBuf chunk = alloc.directBuffer((int) Math.min(pipe.bytes(), COPY_CHUNK));
            taken = chunk;
            takeInto(chunk);
        }
        int n = target.write(taken.nioBuffer());
        if (n > 0) {
            taken.skipBytes(n);
            countCopied(n);
        }
        if (!taken.isReadable()) {
            releaseTaken();
        }
        return n;
    }

    /** Fills the buffer from the pipe; the buffer is no larger than what the pipe holds. */
    private void takeInto(ByteBuf buffer) throws IOException {
        while (buffer.isWritable()) {
            long n = pipe.read(buffer.internalNioBuffer(buffer.writerIndex(), buffer.writableBytes()));
            if (n <= 0) {
                throw LibC.newIOException("read", (int) -n);
            }
            buffer.writerIndex(buffer.writerIndex() + (int) n);
        }
    }

    private void releaseTaken() {
        taken.release();
        taken = null;
    }

    /**
     * Moves what has not been transferred into a new buffer, which is the caller's, and releases this region: for
     * handlers that must see the bytes.
     *
     * @throws IOException if the pipe cannot be read, which no known kernel does; the region is released then too
     */
    public ByteBuf toByteBuf(ByteBufAllocator allocator) throws IOException {
        try {
            if (isCopied()) {
                return takeAll();
            }
            ByteBuf bytes = allocator.directBuffer((int) remaining());
            try {
                moveInto(bytes);
            } catch (IOException | RuntimeException e) {
                bytes.release();
                throw e;
            }
            return bytes;
        } finally {
            release();
        }
    }

    private ByteBuf takeAll() {
        transferred = count;
        if (taken == null) {
            return Unpooled.EMPTY_BUFFER;
        }
        ByteBuf all = taken;
        taken = null;
        return all;
    }

    private void moveInto(ByteBuf bytes) throws IOException {
        if (taken != null) {
            bytes.writeBytes(taken);
            releaseTaken();
        }
        takeInto(bytes);
        transferred = count;
        countCopied(bytes.readableBytes());
    }

    /** What came by a buffer was counted when it was read. */
    private void countCopied(long bytes) {
        if (!isCopied()) {
            Counters.BYTES_COPIED.add(bytes);
        }
    }

    @Override
    protected void deallocate() {
        if (leak != null) {
            leak.close(this);
        }
        if (taken != null) {
            releaseTaken();
        }
        if (sink != null) {
            sink.released(remaining());
        }
        Counters.REGIONS_RELEASED.increment();
        if (source != null) {
            source.released(pipe);
        }
    }

    @Override
    public SpliceRegion retain() {
        super.retain();
        return this;
    }

    @Override
    public SpliceRegion retain(int increment) {
        super.retain(increment);
        return this;
    }

    @Override
    public SpliceRegion touch() {
        return touch(null);
    }

    @Override
    public SpliceRegion touch(Object hint) {
        // Where leaks are sampled, as they are by default, a ByteBuf does not record this either: it costs a stack
        // trace.
        if (leak != null && ResourceLeakDetector.getLevel().compareTo(Level.ADVANCED) >= 0) {
            leak.record(hint);
        }
        return this;
    }

    @Override
    public String toString() {
        return "SpliceRegion(" + transferred + " of " + count + " bytes transferred, refCnt " + refCnt() + ')';
    }
}
