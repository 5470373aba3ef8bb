package io.transportsplice;

import static io.netty.util.internal.ObjectUtil.checkNotNull;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.channel.epoll.AbstractEpollStreamChannel;
import io.netty.handler.codec.ByteToMessageCodec;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.io.IOException;

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
    /** No {@code read()} from before this handler was added can be outstanding: being adopted would lose it. */
    private boolean readsKnown;

    private boolean inactive;
    /** Splice as soon as the channel is adopted. */
    private boolean spliceOnceAdopted;
    /** Bytes copied since the last channelReadComplete. */
    private long burst;

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

    boolean isReadWanted() {
        return readWanted;
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
        adoption = new Adoption(this, channel);
        guard = new RegistrationGuard(channel, adoption);
        if (options.policy() == SpliceOptions.Policy.NEVER) {
            Counters.fallback(SpliceFallback.POLICY_NEVER, channel);
        }
        readsKnown = channel.config().isAutoRead() || !channel.isActive();
        // Within a ChannelInitializer, which still is the first then, channelActive is to come.
        if (channel.isActive() && context.pipeline().first() == this) {
            activated();
        }
    }

    private SpliceFallback impossible() {
        if (!EpollSplice.isAvailable()) {
            return SpliceFallback.UNAVAILABLE;
        }
        boolean epoll = ctx.channel() instanceof AbstractEpollStreamChannel
                && ctx.executor() == ctx.channel().eventLoop();
        return epoll ? null : SpliceFallback.NOT_EPOLL;
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
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        if (channel != null) {
            readsKnown = true;
            activated();
        }
        context.fireChannelActive();
    }

    private void activated() {
        if (options.policy() == SpliceOptions.Policy.ALWAYS && readsKnown) {
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
        context.fireChannelInactive();
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
            if (!readsKnown) {
                readsKnown = true;
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
        readsKnown = true;
        if (channel != null) {
            guard.messageRead();
        }
        if (message instanceof ByteBuf buffer) {
            burst += buffer.readableBytes();
        }
        context.fireChannelRead(message);
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
            if (!isSplicing() && meter.isStream(copied)) {
                splice();
            }
        }
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
        return hasDecoder(pipeline) ? SpliceFallback.DECODER : null;
    }

    private static boolean hasDecoder(ChannelPipeline pipeline) {
        return pipeline.context(ByteToMessageDecoder.class) != null
                || pipeline.context(ByteToMessageCodec.class) != null
                || pipeline.context(CombinedChannelDuplexHandler.class) != null; // HttpServerCodec and its like
    }

    /** The channel is adopted, and what it had outstanding is under way again. */
    void adopted() {
        if (sink != null) {
            sink.updateWritability();
        }
        if (!spliceOnceAdopted || guard.isInputShutdown()) {
            return;
        }
        spliceOnceAdopted = false;
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
        context.fireUserEventTriggered(event);
    }

    // The sink.

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (channel != null) {
            guard.written(message);
        }
        if (message instanceof SpliceRegion region) {
            writeRegion(context, region, promise);
        } else {
            context.write(message, promise);
        }
    }

    private void writeRegion(ChannelHandlerContext context, SpliceRegion region, ChannelPromise promise) {
        if (channel == null || (context.pipeline().first() != this && hasDecoder(context.pipeline()))) {
            writeCopy(context, region, promise);
            return;
        }
        if (sink == null) {
            sink = new SpliceSink(channel);
        }
        if (region.bind(sink)) {
            context.write(region, promise);
        } else {
            region.release();
            promise.tryFailure(new IllegalStateException("a SpliceRegion can be written only once"));
        }
    }

    private static void writeCopy(ChannelHandlerContext context, SpliceRegion region, ChannelPromise promise) {
        Counters.fallback(SpliceFallback.SINK_NOT_SPLICED, context.channel());
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
            guard.beforeFlush(readWanted);
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
