package io.transportsplice;

import static io.netty.util.internal.ObjectUtil.checkNotNull;
import static io.netty.util.internal.ObjectUtil.checkPositiveOrZero;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.channel.epoll.AbstractEpollStreamChannel;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.codec.ByteToMessageCodec;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.ProgressiveFuture;
import io.transportsplice.SpliceOptions.Policy;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;

/**
 * Lets a proxy's bytes bypass user space. Put one <b>first</b> into the pipeline of each of the two channels, with the
 * proxy's own handlers behind it, and change nothing else:
 *
 * <pre>{@code
 * channel.pipeline().addLast(new EpollSpliceHandler(), new RelayHandler());
 * }</pre>
 *
 * <p>As a source its channel reads into kernel pipes, which go up the pipeline as {@link SpliceRegion}s, where otherwise
 * {@code ByteBuf}s would come; both may come, in the order of the stream. As a sink it splices the regions that are
 * written to it into its socket, in their place among the other writes. Everything between is as ever: {@code read()} and
 * autoRead, write futures, {@code isWritable()}, idle and traffic handlers, half-closure, two event loops.
 *
 * <p>When it splices is the {@link SpliceOptions.Policy}'s to say. It never does where bytes would bypass a handler that
 * must see them: if it is not the first handler, or if there is a decoder in the pipeline (TLS is one). On other
 * transports, or where {@link EpollSplice} is unavailable, it passes everything through. Each reason has a counter in
 * {@link SpliceMetrics}. It may be added and removed at any time, in mid-stream too, on the channel's event loop.
 *
 * <p>Even where it never splices, it guards its channel against a bug of Netty 4.2.18: once the peer has half-closed, and
 * rarely before, the channel's epoll registration may get lost; the next write that must wait, or the next read, fails.
 *
 * <p>One per channel. Its methods are called by Netty, on the channel's event loop.
 */
public final class EpollSpliceHandler extends ChannelDuplexHandler {

    private final SpliceOptions options;
    private final StreamMeter meter;
    private ChannelHandlerContext ctx;
    /** Null where splicing is impossible: pass everything through. */
    private AbstractEpollStreamChannel channel;

    private Adoption adoption;
    private RegistrationGuard guard;
    private SpliceSource source;
    private SpliceSink sink;
    private SpliceFallback lastObstacle;
    /** A {@code read()} came and no message yet. */
    private boolean readWanted;

    private boolean inactive;
    /** Splice as soon as the channel is adopted. */
    private boolean spliceOnceAdopted;
    /** Bytes copied since the last channelReadComplete. */
    private long burst;
    /** Not null while a {@link #limit} has bytes to come. */
    private SpliceLimit limit;

    /** With {@link SpliceOptions#defaults()}. */
    public EpollSpliceHandler() {
        this(SpliceOptions.defaults());
    }

    public EpollSpliceHandler(SpliceOptions options) {
        this.options = checkNotNull(options, "options");
        this.meter = new StreamMeter(options.policy());
    }

    SpliceOptions options() {
        return options;
    }

    StreamMeter meter() {
        return meter;
    }

    AbstractEpollStreamChannel channel() {
        return channel;
    }

    boolean isReadWanted() {
        return readWanted && !guard.isReadTakenBack();
    }

    void cancelRead() {
        readWanted = false;
    }

    // Life cycle.

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        ctx = context;
        SpliceFallback impossible = impossible();
        if (impossible != null) {
            Counters.fallback(impossible, context.channel());
            return;
        }
        channel = (AbstractEpollStreamChannel) context.channel();
        adoption = new Adoption(this);
        guard = new RegistrationGuard(adoption);
        if (options.policy() == Policy.NEVER) {
            Counters.fallback(SpliceFallback.POLICY_NEVER, channel);
        }
        // Within a ChannelInitializer, which still is the first then, channelActive is to come.
        if (channel.isActive() && context.pipeline().first() == this) {
            readWanted = channel.config().isAutoRead(); // by a read() that we did not see
            activated();
        }
    }

    private SpliceFallback impossible() {
        if (!EpollSplice.isAvailable()) {
            return SpliceFallback.UNAVAILABLE;
        }
        boolean epoll = ctx.channel() instanceof AbstractEpollStreamChannel
                && ctx.executor() == ctx.channel().eventLoop();
        if (!epoll) {
            return SpliceFallback.NOT_EPOLL;
        }
        return isBehindAnother() ? SpliceFallback.NOT_FIRST : null;
    }

    /** Added twice by mistake: the one in front does all the work. */
    private boolean isBehindAnother() {
        return ctx.pipeline().get(EpollSpliceHandler.class) != this;
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        if (isSplicing()) {
            source.stop(SpliceFallback.HANDLER_REMOVED);
        }
        spliceOnceAdopted = false;
        // From here on nobody tells us of a read(): better one message unasked for than none at all.
        readWanted = true;
        if (channel != null && adoption.handle() != null) {
            adoption.handle().resumeReading();
        }
        if (limit != null) {
            failLimit(new IllegalStateException("the handler was removed"));
        }
        if (channel != null && adoption.isUnderWay() && channel.isOpen()) {
            context.pipeline().addFirst(new Successor());
        }
    }

    /** Keeps the events of an adoption from the pipeline, until it is complete, when this handler was removed meanwhile. */
    private final class Successor extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRegistered(ChannelHandlerContext context) {
            EpollSpliceHandler.this.channelRegistered(context);
        }

        @Override
        public void channelUnregistered(ChannelHandlerContext context) {
            EpollSpliceHandler.this.channelUnregistered(context);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            EpollSpliceHandler.this.channelInactive(context);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        if (channel != null) {
            guard.activated();
            activated();
        }
        context.fireChannelActive();
    }

    private void activated() {
        boolean wanted = limit == null ? options.policy() == Policy.ALWAYS : meter.isStreamOf(limit.remaining());
        if (wanted && guard.areReadsKnown() && !isSplicing()) {
            splice();
        }
    }

    @Override
    public void channelRegistered(ChannelHandlerContext context) {
        if (channel == null || !adoption.isOwnRegistered()) {
            context.fireChannelRegistered();
        }
    }

    @Override
    public void channelUnregistered(ChannelHandlerContext context) {
        if (channel != null) {
            if (adoption.isUnderWay()) {
                if (channel.isOpen()) {
                    return;
                }
                // Closed between two tasks of the adoption. Netty empties the pipeline before it tells it.
                if (!inactive) {
                    channelInactive(context);
                }
            } else {
                adoption.lost();
            }
        }
        context.fireChannelUnregistered();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        inactive = true;
        if (limit != null) { // an exception costs microseconds, on each connection
            failLimit(new ClosedChannelException());
        }
        context.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (limit != null && cause instanceof IOException) {
            failLimit(cause);
        }
        context.fireExceptionCaught(cause);
    }

    @Override
    public void deregister(ChannelHandlerContext context, ChannelPromise promise) {
        if (channel != null && adoption.isUnderWay()) {
            adoption.holdDeregister(promise);
        } else {
            context.deregister(promise);
        }
    }

    // The source.

    @Override
    public void read(ChannelHandlerContext context) {
        boolean outstanding = readWanted;
        readWanted = true;
        if (channel != null) {
            guard.beforeRead(outstanding);
            if (guard.noteRead()) {
                activated();
            }
            if (guard.isInputEnded() || adoption.isUnderWay()) {
                return; // nothing will ever come; or it is repeated in a moment
            }
            if (isSplicing()) {
                source.read();
            } else if (adoption.handle() != null) {
                adoption.handle().resumeReading();
            }
        }
        context.read(); // while splicing too: Netty's interest stays what it would be
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        readWanted = false;
        if (channel != null) {
            guard.messageRead();
        }
        if (message instanceof ByteBuf buffer) {
            burst += buffer.readableBytes();
        }
        if (limit == null) {
            context.fireChannelRead(message);
        } else {
            readLimited(context, message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        context.fireChannelReadComplete();
        if (channel != null) {
            guard.readCompleted();
            readCompleted();
        }
    }

    private void readCompleted() {
        if (burst > 0) {
            long copied = burst;
            burst = 0;
            Counters.BYTES_COPIED.add(copied);
            if (!isSplicing() && maySplice() && meter.isStream(copied)) {
                splice();
            }
        }
    }

    private boolean maySplice() {
        return limit != null || options.policy() != Policy.ON_DEMAND;
    }

    private boolean isSplicing() {
        return source != null && source.isSplicing();
    }

    /** Splices from here on, if nothing stands against it. */
    private void splice() {
        if (guard.isInputShutdown() || !channel.isActive() || ctx.isRemoved()) {
            return;
        }
        SpliceFallback obstacle = obstacle();
        if (obstacle == null) {
            spliceOnceAdopted = true;
            if (adoption.handle() != null) {
                adopted();
                return;
            }
            obstacle = adoption.begin() ? null : SpliceFallback.NOT_EPOLL;
        }
        if (obstacle != null && obstacle != lastObstacle) { // once, not at each burst
            Counters.fallback(obstacle, channel);
        }
        lastObstacle = obstacle;
    }

    /** Why bytes must not bypass this pipeline as it is now, or {@code null} if they may. */
    SpliceFallback obstacle() {
        ChannelPipeline pipeline = ctx.pipeline();
        if (pipeline.first() != this) {
            return SpliceFallback.NOT_FIRST;
        }
        return limit == null && hasDecoder(pipeline) ? SpliceFallback.DECODER : null;
    }

    private static boolean hasDecoder(ChannelPipeline pipeline) {
        return pipeline.context(ByteToMessageDecoder.class) != null
                || pipeline.context(ByteToMessageCodec.class) != null
                || pipeline.context(CombinedChannelDuplexHandler.class) != null; // HttpServerCodec and its like
    }

    /** The channel is adopted, and what it had outstanding is under way again. */
    void adopted() {
        if (ctx.isRemoved()) {
            channel.pipeline().remove(Successor.class);
        }
        if (sink != null) {
            sink.updateWritability();
        }
        boolean splice = spliceOnceAdopted && maySplice() && !guard.isInputShutdown();
        spliceOnceAdopted = false;
        if (!splice) {
            return;
        }
        meter.started();
        if (source == null || !source.isOf(adoption.handle())) { // else it knows what it has in flight
            source = new SpliceSource(this, channel, adoption.handle());
        }
        source.start();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (channel != null) {
            guard.userEvent(event);
        }
        if (event == ChannelInputShutdownReadComplete.INSTANCE) {
            endLimit();
        }
        context.fireUserEventTriggered(event);
    }

    // The limit.

    /**
     * Makes the next {@code bytes} bytes of the stream travel as {@link SpliceRegion}s, exactly: the last region ends
     * where they end, and what comes behind is read as ever. That is what a message with a known length needs, such as an
     * HTTP body with a Content-Length, on a connection that lives on; {@link Policy#ON_DEMAND} is the policy for it.
     *
     * <p>Regions pass by decoders, which is the point of it, so the caller vouches for those in the pipeline; bytes that a
     * decoder has read already are the caller's, too. Where splicing is refused, is not worth it (fewer than 64 KiB,
     * unless the policy is {@link Policy#ALWAYS}), or is impossible on this transport, the bytes come as regions all the
     * same, copied. They come when they are asked for by {@code read()}, as any message.
     *
     * <p>One at a time; another may follow as soon as the future is done, within its listener too. To be called on the
     * channel's event loop.
     *
     * @param bytes how many, {@link Long#MAX_VALUE} for all that come
     * @return done when the last region has been handed to the next handler; its value, the bytes handed on, is less than
     *     {@code bytes} if the input ended before, on a channel with ALLOW_HALF_CLOSURE. Failed if the channel fails or is
     *     closed, by whomever. Reports progress. May be cancelled: what was taken from the socket has been handed on, the
     *     rest is read as ever.
     * @throws IllegalStateException if a limit is under way, or there is an SslHandler behind, whose bytes are not the
     *     stream's, or this is not the event loop, or the handler is in no pipeline
     */
    public ProgressiveFuture<Long> limit(long bytes) {
        checkPositiveOrZero(bytes, "bytes");
        if (ctx == null || ctx.isRemoved() || !ctx.executor().inEventLoop()) {
            throw new IllegalStateException("limit() is to be called on the event loop of the handler's channel");
        }
        if (limit != null) {
            throw new IllegalStateException(limit.remaining() + " bytes of another limit are to come");
        }
        if (ctx.pipeline().first() == this && ctx.pipeline().context(SslHandler.class) != null) {
            throw new IllegalStateException("the bytes before an SslHandler are not the stream's");
        }
        SpliceLimit started = new SpliceLimit(bytes, ctx.executor().newProgressivePromise());
        limit = started;
        started.future().addListener(done -> {
            if (done.isCancelled() && limit == started) {
                endLimit();
            }
        });
        if (inactive) {
            failLimit(new ClosedChannelException());
        } else if (bytes == 0 || (guard != null && guard.isInputEnded())) {
            endLimit();
        } else if (channel != null && channel.isActive()) {
            activated();
        }
        return started.future();
    }

    /** How many bytes the next region may have. */
    long limitRemaining() {
        return limit == null ? Long.MAX_VALUE : limit.remaining();
    }

    private void readLimited(ChannelHandlerContext context, Object message) {
        if (message instanceof SpliceRegion region) {
            passLimited(context, region, region.count());
        } else if (message instanceof ByteBuf buffer) {
            readLimited(context, buffer);
        } else {
            context.fireChannelRead(message);
        }
    }

    private void readLimited(ChannelHandlerContext context, ByteBuf buffer) {
        while (limit != null && limit.remaining() < buffer.readableBytes()) {
            int bytes = (int) limit.remaining();
            passLimited(context, new SpliceRegion(buffer.readRetainedSlice(bytes), context.alloc()), bytes);
        }
        if (limit == null || !buffer.isReadable()) {
            context.fireChannelRead(buffer);
        } else {
            passLimited(context, new SpliceRegion(buffer, context.alloc()), buffer.readableBytes());
        }
    }

    private void passLimited(ChannelHandlerContext context, SpliceRegion region, long bytes) {
        SpliceLimit current = limit;
        current.passed(bytes);
        if (current.remaining() > 0) {
            context.fireChannelRead(region);
        } else {
            leaveLimit(); // before the last region goes, so that its receiver may set the next limit
            context.fireChannelRead(region);
            current.succeed();
        }
    }

    /** The input has ended, or the caller cancelled. */
    private void endLimit() {
        if (limit != null) {
            leaveLimit().succeed();
        }
    }

    private void failLimit(Throwable cause) {
        leaveLimit().fail(cause);
    }

    /** Back to what the policy says. */
    private SpliceLimit leaveLimit() {
        SpliceLimit left = limit;
        limit = null;
        if (isSplicing() && (options.policy() != Policy.ALWAYS || obstacle() != null)) {
            source.stop();
        }
        return left;
    }

    // The sink.

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (channel != null) {
            guard.written(message);
        }
        if (message instanceof SpliceRegion region && !isBehindAnother()) {
            writeRegion(context, region, promise);
        } else {
            context.write(message, promise);
        }
    }

    private void writeRegion(ChannelHandlerContext context, SpliceRegion region, ChannelPromise promise) {
        if (region.isConsumed()) {
            region.release();
            promise.tryFailure(new IllegalStateException("a SpliceRegion can be written only once"));
        } else if (region.isCopied() || channel == null || hasDecoderBefore(context.pipeline())) {
            writeCopy(context, region, promise);
        } else {
            if (sink == null) {
                sink = new SpliceSink(channel);
            }
            region.bind(sink);
            context.write(region, promise);
        }
    }

    /** Whether what is written here passes a decoder, which is an encoder, too: TLS. */
    private boolean hasDecoderBefore(ChannelPipeline pipeline) {
        return pipeline.first() != this && hasDecoder(pipeline);
    }

    private static void writeCopy(ChannelHandlerContext context, SpliceRegion region, ChannelPromise promise) {
        if (!region.isCopied()) {
            Counters.fallback(SpliceFallback.SINK_NOT_SPLICED, context.channel());
        }
        ByteBuf bytes;
        try {
            bytes = region.toByteBuf(context.alloc());
        } catch (IOException e) {
            promise.tryFailure(e);
            return;
        }
        context.write(bytes, promise);
    }

    @Override
    public void flush(ChannelHandlerContext context) {
        if (channel != null) {
            guard.beforeFlush(isReadWanted());
            if (adoption.isUnderWay()) {
                adoption.holdFlush();
                return;
            }
        }
        context.flush();
        if (sink != null) {
            sink.updateWritability();
        }
    }
}
