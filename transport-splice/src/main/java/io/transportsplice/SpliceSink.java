package io.transportsplice;

import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.epoll.AbstractEpollStreamChannel;
import java.nio.channels.ClosedChannelException;

/**
 * The writing side of a channel with an {@link EpollSpliceHandler}: where its regions are drained to, and how many of
 * their bytes wait. Netty counts a FileRegion as nothing, so {@code isWritable()} is told from here, by the channel's own
 * water marks.
 *
 * <p>Confined to the event loop of its channel: regions written to it are its own until they are released.
 */
final class SpliceSink {

    /** The last of the 31 there are; Netty's traffic shaping handlers use the first ones. */
    private static final int WRITABILITY_INDEX = 31;

    private final AbstractEpollStreamChannel channel;
    private long pendingBytes;
    private boolean unwritable;
    private boolean refused;

    SpliceSink(AbstractEpollStreamChannel channel) {
        this.channel = channel;
    }

    /** The socket, of a channel that is open now: a closed channel's number belongs to somebody else. */
    int fd() throws ClosedChannelException {
        assert channel.eventLoop().inEventLoop();
        if (!channel.isOpen()) {
            throw new ClosedChannelException();
        }
        return channel.fd().intValue();
    }

    boolean canSplice() {
        return !refused;
    }

    /** The kernel does not splice into this socket. Lack of memory passes, the rest does not. */
    void spliceRefused(int errno) {
        refused = !LibC.isOutOfMemory(errno);
        Counters.fallback(SpliceFallback.DRAIN_UNSUPPORTED, channel);
    }

    /** Bytes will be lost: the close that follows must not look like the end of the stream. */
    void failed() {
        RelayHandler.resetOnClose(channel);
    }

    void expect(long bytes) {
        boolean alone = pendingBytes == 0;
        pendingBytes += bytes;
        if (!alone) { // a single region gets its chance to be flushed first
            updateWritability();
        }
    }

    void accepted(long bytes) {
        pendingBytes -= bytes;
        if (unwritable) {
            updateWritability();
        }
    }

    /** A region is no more, with this many bytes never written. Any thread: somebody may have retained it. */
    void released(long bytes) {
        if (bytes > 0) {
            if (channel.eventLoop().inEventLoop()) {
                accepted(bytes);
            } else {
                channel.eventLoop().execute(() -> accepted(bytes));
            }
        }
    }

    /** To be called after a flush and when bytes have left. */
    void updateWritability() {
        if (unwritable
                ? pendingBytes > channel.config().getWriteBufferLowWaterMark()
                : pendingBytes <= channel.config().getWriteBufferHighWaterMark()) {
            return;
        }
        unwritable = !unwritable;
        ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
        if (buffer != null) { // else it is closed, or its output is: nobody is to write
            buffer.setUserDefinedWritability(WRITABILITY_INDEX, !unwritable);
        }
    }
}
