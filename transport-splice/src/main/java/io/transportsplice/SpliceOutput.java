package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.AbstractEpollStreamChannel;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.nio.channels.ClosedChannelException;

/**
 * The writing half of a channel with an {@link EpollSpliceHandler}: turns the {@link PipeByteBuf}s that are written into
 * {@link PipeRegion}s, and is what those know of their socket.
 *
 * <p>Confined to the event loop of its channel.
 */
final class SpliceOutput implements PipeRegion.Sink {

    private static final InternalLogger logger = InternalLoggerFactory.getInstance(SpliceOutput.class);

    private final AbstractEpollStreamChannel channel;
    private boolean unsupported;

    SpliceOutput(AbstractEpollStreamChannel channel) {
        this.channel = channel;
    }

    /** What the channel is to get instead of a message, by the last handler to see it. */
    Object outbound(Object message) {
        PipeByteBuf buffer = PipeByteBuf.of(message);
        return buffer != null
                        && buffer.isUntouched() // a part, too: if it cannot be read, that must not look like the end
                ? new PipeRegion((ByteBuf) message, buffer, this)
                : message;
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

    /** Lack of memory passes, the rest does not. */
    @Override
    public void refused(int errno) {
        unsupported = !LibC.isOutOfMemory(errno);
        Counters.fallback(SpliceFallback.DRAIN_UNSUPPORTED, channel);
    }

    @Override
    public void failed() {
        try {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
        } catch (ChannelException e) { // what failed is about to be reported
            logger.debug("{} SO_LINGER cannot be set", channel, e);
        }
    }
}
