package io.transportsplice;

import static io.netty.util.internal.ObjectUtil.checkNotNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.FileRegion;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.timeout.IdleState;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A complete relay: forwards every message of its channel to a peer's, whatever the messages are; it knows nothing of
 * splicing. Put one last into the pipeline of each of two {@link DuplexChannel}s when they are made, connect, then
 * {@link #join} them. Until then nothing is read, and what arrives all the same is kept.
 *
 * <p>Each direction for itself goes: <i>open</i>, it reads as long as the peer is writable; the input <i>ended</i>, what
 * is pending is flushed, then the peer's output is shut down; <i>finished</i>, and when both are, both channels are
 * closed. If a channel dies before, by an error, a reset or a timeout, what it had sent is delivered to the peer, if that
 * still takes it, and then the peer is reset, so that a stream that was cut short cannot look complete.
 *
 * <p>It sets {@link ChannelOption#ALLOW_HALF_CLOSURE}, and {@link ChannelOption#AUTO_READ} to false, on its channel.
 * Used on the event loop of its channel, except where a method says otherwise; the two channels may have different loops.
 */
public final class RelayHandler extends ChannelInboundHandlerAdapter {

    private static final InternalLogger logger = InternalLoggerFactory.getInstance(RelayHandler.class);

    private final Duration idleTimeout;
    private final Duration halfClosedTimeout;
    private final AtomicLong bytesRelayed = new AtomicLong();
    /** What came before there was a peer. */
    private final Queue<Object> early = new ArrayDeque<>(0);

    private Channel channel;
    private IdleStateHandler idleStateHandler;
    private RelayHandler peer;
    private RelayPair pair;

    private boolean inputEnded;
    private boolean failed;

    /** Without timeouts. */
    public RelayHandler() {
        this(Duration.ZERO, Duration.ZERO);
    }

    /**
     * @param idleTimeout how long neither direction may make progress before both channels are reset; zero: for ever
     * @param halfClosedTimeout the same, once one direction has ended; zero: as {@code idleTimeout}
     */
    public RelayHandler(Duration idleTimeout, Duration halfClosedTimeout) {
        this.idleTimeout = checkTimeout(idleTimeout, "idleTimeout");
        this.halfClosedTimeout = checkTimeout(halfClosedTimeout, "halfClosedTimeout");
    }

    private static Duration checkTimeout(Duration timeout, String name) {
        if (checkNotNull(timeout, name).isNegative()) {
            throw new IllegalArgumentException(name + " is negative: " + timeout);
        }
        return timeout;
    }

    /**
     * Makes two channels a pair and starts relaying in both directions. A channel without a {@code RelayHandler} gets
     * one at its tail. If one of them is closed already, the other is reset. Any thread.
     */
    public static void join(Channel a, Channel b) {
        RelayHandler relayA = of(a);
        RelayHandler relayB = of(b);
        RelayPair pair = new RelayPair(a, relayA, b, relayB);
        onLoop(a, () -> relayA.joined(a, relayB, b, pair));
        onLoop(b, () -> relayB.joined(b, relayA, a, pair));
    }

    private static RelayHandler of(Channel channel) {
        RelayHandler handler = channel.pipeline().get(RelayHandler.class);
        if (handler == null) {
            handler = new RelayHandler();
            channel.pipeline().addLast(handler);
        }
        return handler;
    }

    private static void onLoop(Channel channel, Runnable task) {
        if (channel.eventLoop().inEventLoop()) {
            task.run();
        } else {
            channel.eventLoop().execute(task);
        }
    }

    /** Closes a channel so that its far end sees a reset, never a clean end ({@code SO_LINGER} 0). Any thread. */
    public static void reset(Channel channel) {
        onLoop(channel, () -> {
            resetOnClose(channel);
            channel.close();
        });
    }

    static void resetOnClose(Channel channel) {
        if (channel.isOpen()) {
            try {
                channel.config().setOption(ChannelOption.SO_LINGER, 0);
            } catch (ChannelException e) {
                logger.debug("{} SO_LINGER cannot be set", channel, e);
            }
        }
    }

    /** Bytes read from this channel and handed to its peer so far. Any thread, while it runs. */
    public long bytesRelayed() {
        return bytesRelayed.get();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        channel = ctx.channel();
        channel.config().setAutoRead(false);
        channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        watchIdle(idleTimeout);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        early.forEach(ReferenceCountUtil::release);
        early.clear();
    }

    private void joined(Channel own, RelayHandler peerHandler, Channel peerChannel, RelayPair pairOfBoth) {
        if (peer != null) {
            throw new IllegalStateException(own + " has been joined before");
        }
        channel = own;
        peerHandler.channel = peerChannel;
        pair = pairOfBoth;
        peer = peerHandler;
        if (!own.isActive()) {
            pair.ended(RelayPair.End.CLOSED, null);
            resetOnceFlushed(peerChannel);
            return;
        }
        for (Object message = early.poll(); message != null; message = early.poll()) {
            forward(message);
        }
        peerChannel.flush();
        if (inputEnded) {
            finish();
        } else {
            own.read();
        }
        // The peer may have waited for us to become writable before we could tell it.
        peerChannel.read();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (peer == null) {
            early.add(message);
        } else {
            forward(message);
        }
    }

    private void forward(Object message) {
        bytesRelayed.lazySet(bytesRelayed.getPlain() + size(message));
        // A failure closes the peer's channel, or comes to its exceptionCaught: no promise is needed for each message.
        peer.channel.write(message, peer.channel.voidPromise());
    }

    private static long size(Object message) {
        if (message instanceof ByteBuf buffer) {
            return buffer.readableBytes();
        }
        if (message instanceof FileRegion region) {
            return region.count() - region.transferred();
        }
        return message instanceof ByteBufHolder holder ? holder.content().readableBytes() : 0;
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (peer != null) {
            peer.channel.flush();
            if (peer.channel.isWritable()) {
                ctx.read();
            } // else the peer's channelWritabilityChanged goes on
        }
        ctx.fireChannelReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (peer != null && channel.isWritable()) {
            peer.channel.read();
        }
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ChannelInputShutdownReadComplete.INSTANCE && !failed) {
            inputEnded = true;
            if (peer != null) {
                finish();
            }
        } else if (event instanceof IdleStateEvent idle && isTimeout(idle)) {
            logger.debug("{} Nothing moved for the time allowed: reset", channel);
            failed = true;
            ended(RelayPair.End.TIMEOUT, null);
            reset(channel);
        }
        ctx.fireUserEventTriggered(event);
    }

    private void ended(RelayPair.End how, Throwable cause) {
        if (pair != null) {
            pair.ended(how, cause);
        }
    }

    private boolean isTimeout(IdleStateEvent event) {
        return idleStateHandler != null && event.state() == IdleState.ALL_IDLE;
    }

    /** The input has ended: once the last byte is written, the peer is told. */
    private void finish() {
        Channel to = peer.channel;
        RelayPair pairOfBoth = pair;
        Channel from = channel;
        to.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(flushed -> {
            if (flushed.isSuccess()) {
                if (pairOfBoth.directionFinished()) {
                    from.close();
                    to.close(); // which tells the end, too: all its input has been read, so it is no reset
                } else {
                    ((DuplexChannel) to).shutdownOutput();
                }
            } // else the peer is dead, and its channelInactive says so
        });
        RelayHandler other = peer;
        shortenIdle();
        onLoop(to, other::shortenIdle);
    }

    private void shortenIdle() {
        if (!halfClosedTimeout.isZero()) {
            watchIdle(halfClosedTimeout);
        }
    }

    private void watchIdle(Duration timeout) {
        if (timeout.isZero() || channel.pipeline().context(this) == null) {
            return;
        }
        if (idleStateHandler != null) {
            channel.pipeline().remove(idleStateHandler);
        }
        // Output that is only waiting, but moving, counts as progress.
        idleStateHandler = new IdleStateHandler(true, 0, 0, timeout.toNanos(), TimeUnit.NANOSECONDS);
        channel.pipeline().addBefore(channel.pipeline().context(this).name(), null, idleStateHandler);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (peer != null && !pair.isFinished()) {
            pair.ended(RelayPair.End.CLOSED, null);
            resetOnceFlushed(peer.channel);
        }
        ctx.fireChannelInactive();
    }

    private static void resetOnceFlushed(Channel channel) {
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(flushed -> LateReset.of(channel));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        failed = true;
        ended(RelayPair.End.FAILED, cause);
        if (cause instanceof IOException) {
            logger.debug("{} Connection failed", channel, cause);
        } else {
            logger.warn("{} Relaying failed", channel, cause);
        }
        reset(channel);
    }
}
