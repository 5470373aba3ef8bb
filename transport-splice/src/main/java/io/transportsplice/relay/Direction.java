// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.FileRegion;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import io.transportsplice.LimitedBytes;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.RejectedExecutionException;
import javax.net.ssl.SSLException;

/**
 * One direction of a relay: what its source reads is written to its sink. It ends in one of two ways, and they exclude each
 * other for the sink's far end: <i>finished</i>, the last byte is written and the sink's output is shut down; or
 * <i>abandoned</i>, the sink is reset.
 *
 * <p>Used on the event loop of the source; what comes of a write happens on that of the sink.
 */
final class Direction {

    final Channel sink;
    final RelayPair pair;
    private final RelaySide sourceSide;
    private final RelaySide sinkSide;
    private final ChannelFutureListener failsWithSink = this::written;
    /** A write has failed. On the sink's event loop. */
    private boolean sinkFailed;
    /** A message has come since we asked, and no channelReadComplete. On the source's. */
    private boolean given;

    private boolean asking;
    /** The sink's event loop has had no room for a write. On the source's. */
    private boolean refused;

    Direction(RelaySide sourceSide, RelaySide sinkSide, RelayPair pair) {
        this.sourceSide = sourceSide;
        sink = sinkSide.channel;
        this.sinkSide = sinkSide;
        this.pair = pair;
    }

    // Open.

    /**
     * Asks as long as something is given at once, by a handler that holds it, and the sink takes it; else the sink's
     * channelWritabilityChanged goes on. Not from within, where one answers each {@code read()} at once.
     *
     * @return whether nothing was given in the end
     */
    boolean read(ChannelHandlerContext ctx) {
        if (asking) {
            given = true;
            return false;
        }
        asking = true;
        do {
            if (given) { // a FlowControlHandler completes no read
                readComplete();
            }
            if (!sink.isWritable()) {
                asking = false;
                return false;
            }
            ctx.read();
        } while (given);
        asking = false;
        return true;
    }

    void readComplete() {
        given = false;
        Loops.run(sink, sink::flush);
    }

    void carry(Object message) {
        given = true;
        if (refused) { // what came before this is lost, so this must not follow
            ReferenceCountUtil.release(message);
            return;
        }
        Object meant = LimitedBytes.unwrap(message);
        sourceSide.relayed(size(meant));
        ChannelPromise promise = promise();
        sink.write(meant, promise);
        // Nor may the task be taken that tells.
        if (sink.isOpen() && promise.cause() instanceof RejectedExecutionException e) {
            refused = true;
            sourceSide.cut(RelayEnd.FAILED, e);
        }
    }

    /**
     * A failure closes the sink, or comes to its exceptionCaught: no promise is needed for each message. Except through
     * TLS, whose queue forgets a void promise: it drops the bytes, stays open, and nobody is told; and to another event loop.
     */
    private ChannelPromise promise() {
        boolean isNeeded = TlsEnd.isBefore(sink) || !sink.eventLoop().inEventLoop();
        return isNeeded ? sink.newPromise().addListener(failsWithSink) : sink.voidPromise();
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

    /** This direction's source takes more again: the other direction goes on. Not if it is closed: its loop may have ended. */
    void resumePeer() {
        if (sink.isOpen()) {
            Loops.run(sink, sinkSide::readMore);
        }
    }

    private void written(ChannelFuture written) {
        if (written.isSuccess()) {
            return;
        }
        sinkFailed = true;
        if (written.cause() instanceof SSLException) {
            // TLS lets nothing follow, but may be about to tell the far end why.
            Loops.later(sink, () -> cutSink(written.cause()));
        } else {
            cutSink(written.cause()); // before the next write, which may be a task already
        }
    }

    /** One that is alive, but takes no more, is not to look whole. Of a dead one its channelInactive does the rest. */
    private void cutSink(Throwable cause) {
        if (sink.isOpen()) {
            sinkSide.cut(RelayEnd.FAILED, cause);
        } else if (!(cause instanceof ClosedChannelException)) {
            pair.ended(RelayEnd.FAILED, cause);
        }
    }

    // Ended: once the last byte is written, the sink's far end is told.

    void end() {
        Loops.run(
                sink,
                () -> sink.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener((ChannelFuture last) -> {
                    if (last.isSuccess() && !sinkFailed) { // TLS that has ended takes an empty buffer all the same
                        TlsEnd.closeNotify(sink).addListener((ChannelFuture told) -> lastByteWritten(told));
                    } else {
                        written(last);
                    }
                }));
    }

    private void lastByteWritten(ChannelFuture closeNotify) {
        if (!closeNotify.isSuccess()) {
            written(closeNotify);
        } else if (pair.directionFinished()) {
            Loops.run(sourceSide.channel, sourceSide.channel::close);
            sink.close(); // which tells the end, too: all its input has been read, so it is no reset
        } else {
            shutdownOutput();
            Loops.run(sourceSide.channel, sourceSide::halfClosed);
            sinkSide.halfClosed();
        }
    }

    private void shutdownOutput() {
        if (sink instanceof DuplexChannel duplex) {
            duplex.shutdownOutput();
        } else {
            sink.close(); // it has no other way to tell
        }
    }

    // Abandoned.

    /** The sink's event loop has ended before it could say anything. */
    boolean isOrphaned() {
        return sink.eventLoop().isShutdown() && pair.ending() == null;
    }

    /** The source is no more. */
    void abandon() {
        if (!pair.isFinished()) {
            pair.ended(RelayEnd.CLOSED, null);
            LateReset.onceDelivered(sink);
        }
    }
}
