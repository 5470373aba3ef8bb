// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import static io.netty.util.internal.ObjectUtil.checkNotNull;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.transportsplice.EventLoopShutdownListener;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;

/**
 * A complete relay: forwards every message of its channel to a peer's, whatever the messages are, spliced or
 * not. Put one last into the pipeline of each of two {@link DuplexChannel}s when they are made, connect, then
 * {@link #join} them. Until then nothing is read, and what arrives all the same is kept.
 *
 * <p>Each direction goes its own way: <i>open</i>, it reads as long as the peer is writable; the input <i>ended</i>, what
 * is pending is flushed, then the peer's output is shut down; <i>finished</i>, and when both are, both channels are
 * closed. If a channel dies before, by an error, a reset or a timeout, what it had sent is delivered to the peer, if that
 * still takes it, and then the peer is reset, so that a stream that was cut short cannot look complete. Only epoll tells
 * when it is delivered: on other transports the reset may overtake what the kernel has. An output is shut down past the
 * handlers: a compressor, which writes its own end at {@code close()}, has to be told before, or its stream lacks it.
 *
 * <p>The same through an {@link io.netty.handler.ssl.SslHandler}: the peer's {@code close_notify} is the end of its input,
 * and an end without one is a cut; a whole stream is ended by a {@code close_notify} and a FIN, and one that was cut is
 * reset without one. TLS 1.3 can end one direction and go on with the other. Before that, and with OpenSSL's engine, whoever
 * has sent a {@code close_notify} takes nothing more (RFC 5246, 7.2.1): if there is more, the peer that sends it is reset.
 *
 * <p>An event loop that shuts down closes its channels. In a pipeline that begins with an
 * {@link io.transportsplice.EpollSpliceHandler}, or has one on wrapped loops, that is told beforehand, and both channels of an
 * unfinished relay are reset. Else <b>nobody is told</b>, and the far ends see what looks like the end of the stream (through
 * TLS: like a cut): reset or finish such relays before the loop is shut down.
 *
 * <p>It sets {@link ChannelOption#ALLOW_HALF_CLOSURE}, and {@link ChannelOption#AUTO_READ} to false, on its channel.
 * Used on the event loop of its channel, except where a method says otherwise; the two channels may have different loops.
 */
@NullMarked
public final class RelayHandler extends RelaySide implements EventLoopShutdownListener {

    private static final InternalLogger logger = InternalLoggerFactory.getInstance(RelayHandler.class);

    private final IdleWatch idleWatch;
    /** What came before there was a peer. */
    private final Queue<Object> early = new ArrayDeque<>(0);

    private ChannelHandlerContext ctx;
    /** From here to the peer; null until they are joined. */
    private @Nullable Direction out;

    private Input input = Input.OPEN;
    private boolean toldOfTls; // that it has ended: once, and it may have been too early

    /** Without timeouts. */
    public RelayHandler() {
        this(Duration.ZERO, Duration.ZERO);
    }

    /**
     * @param idleTimeout how long neither direction may make progress before both channels are reset; zero: for ever. What a
     *     far end acknowledges is progress. It may be up to an eighth late. Until they are joined it holds for each alone
     * @param halfClosedTimeout the same, once one direction has ended; zero: as {@code idleTimeout}
     * @throws IllegalArgumentException if one of them is negative
     */
    public RelayHandler(Duration idleTimeout, Duration halfClosedTimeout) {
        idleWatch = new IdleWatch(this, idleTimeout, halfClosedTimeout);
    }

    /**
     * Makes two channels a pair and starts relaying in both directions. A channel without a {@code RelayHandler} gets
     * one at its tail, and what it reads before is for others: where it may read, join it on its event loop. If one of
     * them is closed already, or not connected yet, both are reset. Any thread.
     *
     * @throws IllegalArgumentException if they are the same channel
     * @throws IllegalStateException if one of them has been joined before, to whatever channel, or is not registered, or its
     *     handler was added with an executor of its own; nothing has changed then
     */
    public static void join(Channel a, Channel b) {
        RelayPair.claim(checkNotNull(a, "a"), checkNotNull(b, "b"), RelayHandler::new)
                .begin();
    }

    /**
     * Closes a channel so that its far end sees a reset, never a clean end ({@code SO_LINGER} 0), but for a unix-domain socket,
     * which has no reset. No handler says anything more to it, such as TLS's {@code close_notify}. Any thread.
     */
    public static void reset(Channel channel) {
        Loops.run(channel, () -> LateReset.now(channel));
    }

    // The life of the channel.

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        ctx = context;
        channel = context.channel();
        channel.config().setAutoRead(false);
        channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        idleWatch.start();
        boolean ended = channel instanceof DuplexChannel duplex && duplex.isInputShutdown();
        if (channel.isActive() && (ended || TlsEnd.hasCome(channel))) {
            inputEnds();
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        early.forEach(ReferenceCountUtil::release);
        early.clear();
        idleWatch.stop();
    }

    @Override
    void joined(Direction direction) {
        if (ctx == null) { // another thread has just added it, and it is about to be told
            Loops.later(channel, () -> joined(direction));
            return;
        }
        if (!channel.isActive() || input == Input.CUT || direction.isOrphaned()) {
            LateReset.now(channel);
            direction.abandon();
            return;
        }
        out = direction;
        idleWatch.joined(direction.pair);
        for (Object message = early.poll(); message != null; message = early.poll()) {
            out.carry(message);
        }
        out.readComplete();
        if (input == Input.ENDED) {
            out.end();
        } else {
            readMore();
        }
        out.resumePeer(); // which may have waited for us to become writable before we could tell it
    }

    /** Not where the input has ended: since Netty 4.2.13 its registration may be lost, and reading fails. */
    @Override
    void readMore() {
        if (out != null && (input == Input.OPEN || input == Input.ENDING) && channel.isOpen()) {
            ask();
        }
    }

    private void ask() {
        if (out.read(ctx) && input == Input.ENDING) {
            inputEnded();
        }
    }

    @Override
    void halfClosed() {
        if (!ctx.isRemoved()) {
            idleWatch.halfClosed();
        }
    }

    @Override
    void noticeProgress() {
        idleWatch.notice();
    }

    @Override
    void timedOut() {
        logger.debug("{} Nothing moved for the time allowed: reset", channel);
        cut(RelayEnd.TIMEOUT, null);
    }

    /** Its channelInactive does the rest. */
    @Override
    void cut(RelayEnd how, @Nullable Throwable cause) {
        input = Input.CUT;
        RelayPair pair = pair();
        if (pair != null) {
            pair.ended(how, cause);
        }
        if (pair == null || !pair.isFinished()) { // else it is being closed, with nothing left to lose but a FIN
            LateReset.now(channel);
        }
    }

    /** On another event loop: Netty has forgotten what was asked for on the one before. */
    @Override
    public void channelRegistered(ChannelHandlerContext context) {
        idleWatch.moved();
        readMore();
        context.fireChannelRegistered();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (out != null) {
            out.abandon();
        }
        context.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof IOException || cause.getCause() instanceof IOException) { // such as a decoder's, of TLS
            logger.debug("{} Connection failed", channel, cause);
        } else {
            logger.warn("{} Relaying failed", channel, cause);
        }
        // By this side, or it would have been told why before.
        boolean isClosed = cause instanceof ClosedChannelException && !channel.isOpen();
        cut(isClosed ? RelayEnd.CLOSED : RelayEnd.FAILED, isClosed ? null : cause);
    }

    // What it reads, and the room for what it is to write.

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (out == null) {
            early.add(message);
        } else {
            out.carry(message);
            if (input == Input.ENDING) { // not because we asked just now: no channelReadComplete need follow
                Loops.later(channel, this::readMore);
            }
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        idleWatch.hasRead();
        if (toldOfTls && TlsEnd.hasCome(channel)) {
            inputEnds();
        }
        if (out != null) {
            out.readComplete();
            ask();
        }
        context.fireChannelReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (out != null && channel.isWritable()) {
            out.resumePeer();
        }
        context.fireChannelWritabilityChanged();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        toldOfTls |= event instanceof SslCloseCompletionEvent;
        if (event == ChannelInputShutdownReadComplete.INSTANCE || (toldOfTls && TlsEnd.hasCome(channel))) {
            inputEnds();
        }
        context.fireUserEventTriggered(event);
    }

    private void inputEnds() {
        if (input != Input.OPEN) {
            return;
        }
        if (TlsEnd.isTruncated(channel)) {
            cut(RelayEnd.FAILED, new IOException("the input ended without TLS's close_notify"));
        } else {
            input = Input.ENDING;
            if (LastRead.putIfNeeded(ctx)) {
                readMore();
            } else {
                inputEnded();
            }
        }
    }

    private void inputEnded() {
        input = Input.ENDED;
        if (out != null) {
            out.end();
        }
    }

    /** The loop closes the channel next. */
    @Override
    public void eventLoopShutsDown(ChannelHandlerContext context) {
        if (out == null) {
            LateReset.onClose(channel);
        } else if (!out.pair.isFinished()) {
            out.pair.ended(RelayEnd.CLOSED, null);
            LateReset.onClose(channel);
            Loops.run(out.sink, () -> LateReset.onClose(out.sink)); // it may have no handler that is told
        }
    }
}
