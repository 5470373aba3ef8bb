package io.transportsplice.relay;

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
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.transportsplice.EventLoopShutdownEvent;
import io.transportsplice.LimitedBytes;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
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
 * <p>The same through an {@link io.netty.handler.ssl.SslHandler}: the peer's {@code close_notify} is the end of its input,
 * and an end without one is a cut; a whole stream is ended by a {@code close_notify}, and one that was cut is not.
 *
 * <p>It sets {@link ChannelOption#ALLOW_HALF_CLOSURE}, and {@link ChannelOption#AUTO_READ} to false, on its channel.
 * Used on the event loop of its channel, except where a method says otherwise; the two channels may have different loops.
 */
public final class RelayHandler extends ChannelInboundHandlerAdapter {

    private static final InternalLogger logger = InternalLoggerFactory.getInstance(RelayHandler.class);

    /** What has become of this channel's input. */
    private enum Input {
        OPEN,
        /** All of it has come. */
        ENDED,
        /** More would have come. */
        CUT
    }

    private final Duration idleTimeout;
    private final Duration halfClosedTimeout;
    private final AtomicLong bytesRelayed = new AtomicLong();
    /** What came before there was a peer. */
    private final Queue<Object> early = new ArrayDeque<>(0);

    private Channel channel;
    private IdleWatch idleWatch;
    /** Null until they are joined. */
    private RelayHandler peer;

    private RelayPair pair;
    private Input input = Input.OPEN;

    /** Without timeouts. */
    public RelayHandler() {
        this(Duration.ZERO, Duration.ZERO);
    }

    /**
     * @param idleTimeout how long neither direction may make progress before both channels are reset; zero: for ever.
     *     What the far end acknowledges is progress, too. It may come later by an eighth.
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
     *
     * @throws IllegalArgumentException if they are the same channel
     */
    public static void join(Channel a, Channel b) {
        if (a == b) {
            throw new IllegalArgumentException("a channel cannot be joined to itself: " + a);
        }
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

    /**
     * Closes a channel so that its far end sees a reset, never a clean end ({@code SO_LINGER} 0). No handler may say anything
     * more to the far end, such as TLS's {@code close_notify}: it would look like one. Any thread.
     */
    public static void reset(Channel channel) {
        onLoop(channel, () -> {
            resetOnClose(channel);
            channel.unsafe().close(channel.newPromise());
        });
    }

    private static void resetOnClose(Channel channel) {
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

    RelayPair pair() {
        return pair;
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
        if (idleWatch != null) {
            idleWatch.stop();
        }
    }

    private void joined(Channel own, RelayHandler peerHandler, Channel peerChannel, RelayPair pairOfBoth) {
        if (peer != null) {
            throw new IllegalStateException(own + " has been joined before");
        }
        channel = own;
        peerHandler.channel = peerChannel;
        pair = pairOfBoth;
        peer = peerHandler;
        if (!own.isActive() || input == Input.CUT) {
            pair.ended(RelayPair.End.CLOSED, null);
            resetOnceFlushed(peerChannel);
            return;
        }
        for (Object message = early.poll(); message != null; message = early.poll()) {
            forward(message);
        }
        peerChannel.flush();
        if (input == Input.ENDED) {
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
        Object meant = LimitedBytes.unwrap(message);
        bytesRelayed.lazySet(bytesRelayed.getPlain() + size(meant));
        // A failure closes the peer's channel, or comes to its exceptionCaught: no promise is needed for each message.
        peer.channel.write(meant, peer.channel.voidPromise());
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
        if (event == ChannelInputShutdownReadComplete.INSTANCE) {
            if (input == Input.OPEN && TlsEnd.isTruncated(channel)) {
                cut(RelayPair.End.FAILED, new IOException("TLS: the end of the input came without a close_notify"));
            } else {
                inputEnded();
            }
        } else if (event instanceof SslCloseCompletionEvent tls && tls.isSuccess()) {
            inputEnded();
        } else if (event == EventLoopShutdownEvent.INSTANCE && pair != null && !pair.isFinished()) {
            pair.ended(RelayPair.End.CLOSED, null);
            resetOnClose(channel);
        }
        ctx.fireUserEventTriggered(event);
    }

    private void inputEnded() {
        if (input == Input.OPEN) {
            input = Input.ENDED;
            if (peer != null) {
                finish();
            }
        }
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
                    TlsEnd.shutdownOutput(to);
                    shortenIdle(from);
                    shortenIdle(to);
                }
            } // else the peer is dead, and its channelInactive says so
        });
    }

    private static void shortenIdle(Channel channel) {
        onLoop(channel, () -> {
            RelayHandler relay = channel.pipeline().get(RelayHandler.class);
            if (relay != null && !relay.halfClosedTimeout.isZero()) {
                relay.watchIdle(relay.halfClosedTimeout);
            }
        });
    }

    private void watchIdle(Duration timeout) {
        if (timeout.isZero()) {
            return;
        }
        if (idleWatch == null) {
            idleWatch = new IdleWatch(channel, this);
        }
        idleWatch.start(timeout.toNanos());
    }

    void timedOut() {
        logger.debug("{} Nothing moved for the time allowed: reset", channel);
        cut(RelayPair.End.TIMEOUT, null);
    }

    /** This channel will not tell how its input would have gone on; its channelInactive does the rest. */
    private void cut(RelayPair.End how, Throwable cause) {
        input = Input.CUT;
        if (pair != null) {
            pair.ended(how, cause);
        }
        reset(channel);
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
        if (cause instanceof IOException) {
            logger.debug("{} Connection failed", channel, cause);
        } else {
            logger.warn("{} Relaying failed", channel, cause);
        }
        cut(RelayPair.End.FAILED, cause);
    }
}
