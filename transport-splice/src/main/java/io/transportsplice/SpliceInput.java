package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.epoll.AbstractEpollStreamChannel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.ProgressiveFuture;
import io.transportsplice.SpliceOptions.Policy;
import java.nio.channels.ClosedChannelException;

/**
 * The reading half of a channel with an {@link EpollSpliceHandler}: decides whether its bytes are spliced, has a
 * {@link SpliceSource} do so, and measures the messages of a limit. Without a {@link SplicingHandle} it has everything
 * copied.
 *
 * <p>Confined to the event loop of its channel.
 */
final class SpliceInput implements SpliceSource.Bounds {

    /** Whether a {@code read()} is outstanding, of a channel that is not adopted. */
    private enum Request {
        NONE,
        OUTSTANDING,
        /** Made while autoRead was on: switching that off takes it back. */
        AUTOMATIC,
        /** Nobody knows, as the handler came later. The next message or {@code read()} tells. */
        UNKNOWN,
        /** Others stood in front of the handler and may have read: better one message unasked for than none at all. */
        ASSUMED
    }

    private final ChannelHandlerContext ctx;
    private final SpliceOptions options;
    private final StreamMeter meter;
    /** Null while the channel is not adopted. */
    private SplicingHandle handle;
    /** Null until the first splicing under that handle. */
    private SpliceSource source;

    private Request request;
    /** Bytes copied since the last channelReadComplete. */
    private long burst;
    /** Not null while a limit has bytes to come. */
    private SpliceLimit limit;

    SpliceInput(ChannelHandlerContext ctx, SpliceOptions options) {
        this.ctx = ctx;
        this.options = options;
        meter = new StreamMeter(options);
        request = ctx.channel().isActive() ? Request.UNKNOWN : Request.NONE;
    }

    // The channel's life.

    boolean isAdopted() {
        return handle != null;
    }

    void adopted(SplicingHandle newHandle) {
        handle = newHandle;
        handle.attach(ctx.channel());
        mayStart();
    }

    /** Being adopted takes a {@code read()} back: it must be known whether there was one. */
    boolean mayBeAdopted() {
        return request != Request.UNKNOWN || isAutoRead() || isInputShutdown();
    }

    /** The adoption is over, successful or not: what was held back is done. */
    void readAgain() {
        if (isWanted() && (handle == null || handle.read())) {
            if (ctx.isRemoved()) {
                ctx.channel().unsafe().beginRead();
            } else {
                ctx.read();
            }
        }
    }

    private boolean isWanted() {
        return switch (request) {
            case NONE, UNKNOWN -> false;
            case AUTOMATIC -> isAutoRead();
            case OUTSTANDING, ASSUMED -> true;
        };
    }

    private boolean isAutoRead() {
        return ctx.channel().config().isAutoRead();
    }

    void unregistered() {
        handle = null;
        source = null;
        request = Request.NONE;
    }

    /** The channel's first moment: all that is asked of it is seen from here on. */
    void activated() {
        if (request == Request.UNKNOWN) {
            request = Request.NONE;
        }
        mayStart();
    }

    /** Somebody may have read past us. */
    void mayHaveMissedReads() {
        request = Request.ASSUMED;
    }

    void removed() {
        if (isSplicing()) {
            source.stop(SpliceFallback.HANDLER_REMOVED);
        }
        if (limit != null) {
            failLimit(new IllegalStateException("the handler was removed"));
        }
    }

    // Reading.

    /**
     * A {@code read()} came by. Those who stand in front of us must see it, as a FlowControlHandler hands on nothing
     * unasked; if it gets to the channel, the channel reads.
     *
     * @param adopting it is to wait for the end of the adoption
     * @return whether it is to go on
     */
    boolean read(boolean adopting) {
        request(isAutoRead() ? Request.AUTOMATIC : Request.OUTSTANDING);
        mayStart(); // the first may come before channelActive
        return !adopting && (handle == null || !Adoption.isFirst(ctx) || handle.read());
    }

    private void request(Request now) {
        if (request != Request.ASSUMED) {
            request = now;
        }
    }

    void forgetRead() {
        request(Request.NONE);
        if (handle != null) {
            handle.satisfied();
        }
    }

    void read(Object message) {
        request(Request.NONE);
        if (message instanceof ByteBuf buffer && !(message instanceof PipeByteBuf)) {
            burst += buffer.readableBytes();
        }
        if (limit == null) {
            ctx.fireChannelRead(message);
        } else {
            readLimited(message);
        }
    }

    /** To be called before the others are told, who will ask for more then. */
    void readComplete() {
        if (burst > 0) {
            long copied = burst;
            burst = 0;
            Counters.BYTES_COPIED.add(copied);
            if (!isSplicing() && (limit != null || options.policy() != Policy.ON_DEMAND) && meter.isStream(copied)) {
                start();
            }
        }
    }

    private boolean isSplicing() {
        return source != null && source.isSplicing();
    }

    /** Splices from here on if that is known to pay. */
    private void mayStart() {
        long known = limit != null ? limit.remaining() : options.policy() == Policy.ALWAYS ? Long.MAX_VALUE : 0;
        if (known > 0 && meter.isStreamOf(known) && !isSplicing()) {
            start();
        }
    }

    private void start() {
        if (handle == null
                || ctx.isRemoved()
                || !ctx.channel().isActive()
                || channel().isInputShutdown()) {
            return;
        }
        if (source == null) {
            source = new SpliceSource(channel(), handle, options, meter, this);
        }
        source.start();
    }

    private boolean isInputShutdown() {
        return ctx.channel() instanceof DuplexChannel channel && channel.isInputShutdown();
    }

    private AbstractEpollStreamChannel channel() {
        return (AbstractEpollStreamChannel) ctx.channel();
    }

    // The limit.

    /** What handlers in front of us make of the bytes cannot be measured before. */
    @Override
    public long allowance() {
        if (limit == null) {
            return Long.MAX_VALUE;
        }
        return Adoption.isFirst(ctx) ? limit.remaining() : 0;
    }

    /** See {@link EpollSpliceHandler#limit}. */
    ProgressiveFuture<Long> limit(long bytes) {
        if (limit != null) {
            throw new IllegalStateException(limit.remaining() + " bytes of another limit are to come");
        }
        if (Adoption.isFirst(ctx) && ctx.pipeline().context(SslHandler.class) != null) {
            throw new IllegalStateException("the bytes before an SslHandler are not the stream's");
        }
        SpliceLimit started = new SpliceLimit(bytes, ctx.executor().newProgressivePromise());
        limit = started;
        started.future().addListener(done -> {
            if (done.isCancelled() && limit == started) {
                endLimit();
            }
        });
        if (!ctx.channel().isOpen()) {
            failLimit(new ClosedChannelException());
        } else if (bytes == 0 || isInputShutdown()) {
            endLimit();
        } else {
            mayStart();
        }
        return started.future();
    }

    private void readLimited(Object message) {
        if (!(message instanceof ByteBuf buffer)) {
            ctx.fireChannelRead(message);
            return;
        }
        while (limit != null && limit.remaining() < buffer.readableBytes()) {
            passLimited(buffer.readRetainedSlice((int) limit.remaining()));
        }
        if (limit == null || !buffer.isReadable()) {
            ctx.fireChannelRead(buffer);
        } else {
            passLimited(buffer);
        }
    }

    private void passLimited(ByteBuf bytes) {
        SpliceLimit current = limit;
        current.passed(bytes.readableBytes());
        if (current.remaining() > 0) {
            ctx.fireChannelRead(new LimitedBytes(bytes));
        } else {
            leaveLimit(); // before the last of it goes, so that its receiver may set the next limit
            ctx.fireChannelRead(new LimitedBytes(bytes));
            current.succeed();
        }
    }

    /** The input has ended, or the caller cancelled. */
    void endLimit() {
        if (limit != null) {
            leaveLimit().succeed();
        }
    }

    void failLimit(Throwable cause) {
        if (limit != null) {
            leaveLimit().fail(cause);
        }
    }

    boolean isLimited() {
        return limit != null;
    }

    /** Back to what the policy says. */
    private SpliceLimit leaveLimit() {
        SpliceLimit left = limit;
        limit = null;
        if (isSplicing() && options.policy() != Policy.ALWAYS) {
            source.stop();
        }
        return left;
    }
}
