// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.DefaultByteBufHolder;
import io.netty.channel.FileRegion;
import io.netty.channel.unix.Errors;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.WritableByteChannel;

/**
 * A {@link PipeByteBuf} in the outbound buffer of a sink, where no handler ever sees it: as a {@link FileRegion}, so that
 * Netty leaves the moving to {@link #transferTo}, and as a holder of its buffer, so that Netty counts its bytes as pending,
 * which it does not do for file regions.
 *
 * <p>At the first {@code transferTo} it takes the pipe, if by then nobody else has the buffer and nobody has looked. Where
 * whoever wrote it has it, too, as one who lets go of it after the flush, it duplicates the pipe by tee(2). From there it
 * <i>drains</i>; otherwise, and if the kernel refuses to drain, it <i>copies</i>.
 *
 * <p>Confined to the event loop of its sink.
 */
final class PipeRegion extends DefaultByteBufHolder implements FileRegion {

    /** The socket that it is sent to. */
    interface Sink {
        /** Of a socket that is open now: a closed channel's number belongs to somebody else. */
        int fd() throws ClosedChannelException;

        boolean canDrain();

        /** An empty pipe, or {@code null} if none can be had. */
        Pipe pipe();

        void returned(Pipe pipe);

        /** Bytes went into the socket without having been in memory. */
        void drained(int bytes);

        /** The kernel does not splice into this socket, with this errno. */
        void refused(int errno);

        /**
         * Bytes will be lost: the close that follows must not look like the end of the stream. Of a channel that does not close
         * by itself Netty would end the output alone, which looks like that, too, unless the far end takes no more anyway.
         */
        void failed(boolean mustClose);
    }

    /** As {@link #content()}, but told also where somebody has released it who had no right to. */
    private final ByteBuf view;

    private final PipeByteBuf root;
    private final Sink sink;
    /** What there was to write when it began, as of any buffer: somebody may have read on until then. */
    private int count;

    private int transferred;
    /** Its sink has been told to send it, or has let go of it. */
    private boolean flushed;
    /** What is drained: the buffer's own, or, where somebody else has the buffer, too, a duplicate. Else null. */
    private Pipe pipe;

    private boolean duplicated;
    /** What is copied: the buffer, or, where there is a pipe, too, what could not be drained of it. Else null. */
    private ByteBuf bytes;
    /** While copying: where the next byte is. */
    private int next;

    /**
     * @param view all of the buffer, or a view of that; from here on the region's
     * @param framed whether something else was written just before
     */
    PipeRegion(ByteBuf view, PipeByteBuf root, Sink sink, boolean framed) {
        super(view);
        this.view = view;
        this.root = root;
        this.sink = sink;
        root.waits(framed);
    }

    /** @return the bytes accepted; 0 only if the target would block */
    @Override
    public long transferTo(WritableByteChannel target, long position) throws IOException {
        assert position == transferred : position + " of " + transferred;
        try {
            if (isWaiting()) {
                begin();
            }
            int n = bytes == null ? drain(target) : copy(target);
            transferred += n;
            return n;
        } catch (IOException e) {
            sink.failed(!isOfAPeerThatTakesNoMore(e));
            throw e;
        } catch (Throwable e) { // of a look; Netty answers by a FIN to all but IOExceptions
            sink.failed(true);
            throw new IOException("bytes in a pipe could not be written", e);
        }
    }

    /** Such a peer sees no end any more, and may still send. */
    private static boolean isOfAPeerThatTakesNoMore(IOException e) {
        return e instanceof Errors.NativeIoException failure
                && (failure.expectedErr() == -LibC.EPIPE || failure.expectedErr() == -LibC.ECONNRESET);
    }

    private boolean isWaiting() {
        return pipe == null && bytes == null;
    }

    void flushed() {
        if (!flushed) {
            flushed = true;
            root.flushed();
        }
    }

    private void begin() {
        flushed(); // by whomever
        count = content().readableBytes();
        if (sink.canDrain()) {
            pipe = root.take(content());
            duplicated = pipe == null && duplicatePipe();
        }
        if (pipe == null) {
            copyFrom(content());
        }
    }

    private boolean duplicatePipe() {
        Pipe own = root.isWhole(content()) ? sink.pipe() : null;
        if (own == null) {
            return false;
        }
        if (!root.duplicateInto(own)) {
            sink.returned(own);
            return false;
        }
        pipe = own;
        return true;
    }

    private void copyFrom(ByteBuf buffer) {
        bytes = buffer;
        next = buffer.readerIndex();
    }

    private int drain(WritableByteChannel target) throws IOException {
        int n = (int) pipe.drain(sink.fd());
        if (n > 0) {
            sink.drained(n);
            return n;
        }
        // The pipe is not empty, so would-block is the sink's, and 0 is not among the kernel's answers.
        if (n == -LibC.EAGAIN) {
            root.blocked();
            return 0;
        }
        if (n == 0 || !LibC.isRefusal(-n)) {
            throw LibC.newIOException("splice", -n);
        }
        sink.refused(-n);
        copyFrom(root.takeRest(pipe));
        return copy(target);
    }

    private int copy(WritableByteChannel target) throws IOException {
        int n = target.write(bytes.nioBuffer(next, count - transferred));
        next += Math.max(n, 0);
        return n;
    }

    @Override
    public long position() {
        return 0;
    }

    @Override
    public long count() {
        return isWaiting() ? view.readableBytes() : count;
    }

    @Override
    public long transferred() {
        return transferred;
    }

    @Override
    @Deprecated
    public long transfered() {
        return transferred;
    }

    @Override
    public boolean release() {
        return release(1);
    }

    @Override
    public boolean release(int decrement) {
        if (pipe != null) {
            if (bytes != null) {
                bytes.release();
            }
            returnPipe();
        }
        boolean wasFlushed = flushed;
        flushed = true; // a closed sink lets go of it at once, and is told to send it then
        boolean gone = super.release(decrement);
        if (!gone) {
            root.waitsNoMore(wasFlushed);
        }
        return gone;
    }

    private void returnPipe() {
        if (!duplicated) {
            root.giveBack();
        } else {
            if (pipe.bytes() == 0) {
                root.sentDuplicate();
            }
            sink.returned(pipe);
        }
        pipe = null;
    }

    @Override
    public PipeRegion retain() {
        super.retain();
        return this;
    }

    @Override
    public PipeRegion retain(int increment) {
        super.retain(increment);
        return this;
    }

    @Override
    public PipeRegion touch() {
        super.touch();
        return this;
    }

    @Override
    public PipeRegion touch(Object hint) {
        super.touch(hint);
        return this;
    }

    @Override
    public boolean equals(Object other) {
        return this == other; // not a look at the bytes
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
