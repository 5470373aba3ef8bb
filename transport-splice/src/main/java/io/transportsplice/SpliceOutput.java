// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.channel.epoll.AbstractEpollStreamChannel;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;

/**
 * The writing half of a channel with an {@link EpollSpliceHandler}: turns the {@link PipeByteBuf}s that are written into
 * {@link PipeRegion}s, and is what those know of their socket.
 *
 * <p>Confined to the event loop of its channel.
 */
final class SpliceOutput implements PipeRegion.Sink {

    private static final InternalLogger logger = InternalLoggerFactory.getInstance(SpliceOutput.class);

    private final AbstractEpollStreamChannel channel;
    private final SpliceOptions options;
    private final List<PipeRegion> unflushed = new ArrayList<>(0);
    /** Whose pipe the last duplicate is. */
    private SplicingEventLoop lender;

    private boolean unsupported;
    private boolean toldNotFirst;
    /** Since the last buffer. */
    private boolean otherWritten;

    private long spliced;

    SpliceOutput(AbstractEpollStreamChannel channel, SpliceOptions options) {
        this.channel = channel;
        this.options = options;
    }

    /** Whether a buffer is bytes in a pipe, or a part of them, or may have some in it. */
    static boolean mayBeInAPipe(ByteBuf buffer) {
        ByteBuf root = buffer;
        while (root.unwrap() != null) {
            root = root.unwrap();
        }
        return root instanceof PipeByteBuf || root instanceof CompositeByteBuf || root.nioBufferCount() > 1;
    }

    /** Something else is written. */
    void writesOther(Object message) {
        otherWritten |= message instanceof ByteBuf buffer && buffer.isReadable();
    }

    /** Writes such a buffer. As a region, unless the channel cannot tell a region's size, or handlers in front are to see it. */
    void write(ChannelHandlerContext ctx, ByteBuf buffer, boolean isSizeKnown, ChannelPromise promise) {
        Object outbound = isSizeKnown ? outbound(ctx, buffer) : buffer;
        IOException failure = outbound == buffer ? look(buffer) : null;
        if (failure == null) {
            ctx.write(outbound, promise);
        } else {
            failed(true); // to go on would hide the hole
            buffer.release();
            promise.tryFailure(failure);
            channel.unsafe().close(channel.unsafe().voidPromise()); // past TLS, which would say that it is whole
        }
    }

    private Object outbound(ChannelHandlerContext ctx, ByteBuf view) {
        PipeByteBuf buffer = PipeByteBuf.of(view);
        if (buffer == null) {
            return view;
        }
        if (Place.isFirst(ctx)) {
            return outbound(view, buffer);
        }
        if (!toldNotFirst) { // counted once, not at each message
            toldNotFirst = true;
            Counters.fallback(SpliceFallback.NOT_FIRST, channel);
        }
        return view;
    }

    /** What the channel is to get instead of a buffer, or a view of it, by the last handler to see it. */
    Object outbound(ByteBuf view, PipeByteBuf buffer) {
        // a part, too: if it cannot be read, that must not look like the end
        if (!buffer.isUntouched()) {
            return view;
        }
        PipeRegion region = new PipeRegion(view, buffer, this, otherWritten);
        otherWritten = false;
        unflushed.add(region);
        return region;
    }

    /** Netty would look while it writes, and make of a failure what looks like the end of the stream. */
    private static IOException look(ByteBuf buffer) {
        try {
            if (buffer.isReadable()) {
                buffer.nioBuffers();
            }
            return null;
        } catch (Throwable e) {
            return buffer.refCnt() == 0
                    ? null // written after its release: Netty's to tell
                    : new IOException("bytes in a pipe could not be written", e);
        }
    }

    /** What is only written does not bound its source: whoever flushes late may do so once he has enough. */
    void flush() {
        for (int i = 0; i < unflushed.size(); i++) { // an iterator would be garbage of each message
            unflushed.get(i).flushed();
        }
        unflushed.clear();
    }

    @Override
    public int fd() throws ClosedChannelException {
        assert channel.eventLoop().inEventLoop();
        if (!channel.isOpen()) {
            throw new ClosedChannelException();
        }
        return channel.fd().intValue();
    }

    @Override
    public boolean canDrain() {
        return !unsupported;
    }

    @Override
    public Pipe pipe() {
        lender = SplicingEventLoop.of(channel.eventLoop());
        return lender == null ? null : lender.pool.get(options.pipeCapacity());
    }

    /** Only the first message that is not written yet has one. */
    @Override
    public void returned(Pipe pipe) {
        PipePool pool = lender.pool;
        Tasks.run(lender, () -> pool.put(pipe, options.maxPooledPipes()), () -> pool.putAfterEnd(pipe));
    }

    @Override
    public void drained(int bytes) {
        spliced += bytes;
    }

    long bytesSpliced() {
        return spliced;
    }

    /** Lack of memory passes, the rest does not. */
    @Override
    public void refused(int errno) {
        unsupported = !LibC.isOutOfMemory(errno);
        Counters.fallback(SpliceFallback.DRAIN_UNSUPPORTED, channel);
    }

    @Override
    public void failed(boolean mustClose) {
        if (!mustClose && !channel.config().isAutoClose()) {
            return; // it stays, as its user left it
        }
        try {
            channel.config().setAutoClose(true);
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
        } catch (ChannelException e) { // what failed is about to be reported
            logger.debug("{} SO_LINGER cannot be set", channel, e);
        }
    }
}
