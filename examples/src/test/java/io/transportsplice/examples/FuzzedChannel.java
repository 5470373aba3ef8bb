// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.CodecException;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.LastHttpContent;
import io.transportsplice.relay.RelayHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A channel without a socket for a proxy to serve: it is fed with bytes, remembers what was written to it, and knows
 * whether anything is left when it ends.
 */
final class FuzzedChannel extends EmbeddedChannel implements DuplexChannel {
    private final List<ByteBuf> fed = new ArrayList<>();
    private final StringBuilder written = new StringBuilder();
    private final StringBuilder passedOn = new StringBuilder();
    private boolean inputShutdown;
    private boolean outputShutdown;
    private Throwable bug;

    FuzzedChannel() {
        pipeline().addLast(new RelayHandler());
        pipeline().addLast(new Written());
    }

    /** What the proxy writes, before any encoder: how a body is cut into pieces tells nothing. */
    private final class Written extends ChannelDuplexHandler {
        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            if (message instanceof HttpObject part) {
                tell(part);
            } else if (message instanceof ByteBuf bytes) {
                written.append(bytes.toString(StandardCharsets.ISO_8859_1));
            } else {
                written.append(message);
            }
            ctx.write(message, promise);
        }

        private void tell(HttpObject part) {
            if (part instanceof HttpMessage head) {
                String text = head.toString();
                written.append("\n<")
                        .append(text.substring(text.indexOf('\n') + 1))
                        .append(">\n");
            }
            if (part instanceof HttpContent content) {
                written.append(content.content().toString(StandardCharsets.ISO_8859_1));
            }
            if (part instanceof LastHttpContent last) {
                written.append("\n<end")
                        .append(last.trailingHeaders().entries())
                        .append('>');
            }
        }
    }

    /** Between the proxy's handlers and the relay. */
    private final class BeforeRelay extends ChannelDuplexHandler {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof ByteBuf bytes) {
                passedOn.append(bytes.toString(StandardCharsets.ISO_8859_1));
            }
            ctx.fireChannelRead(message);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            if (!isRefusal(cause)) {
                bug = cause;
            }
            ctx.fireExceptionCaught(cause);
        }
    }

    /**
     * What a decoder says of bytes that it does not like; it puts whatever else is thrown into one of these, too. That it
     * reads beyond their end is how some of Netty's notice a wrong length.
     */
    private static boolean isRefusal(Throwable cause) {
        if (cause instanceof CodecException codec) {
            return codec.getCause() == null
                    || codec.getCause() instanceof IndexOutOfBoundsException
                    || isRefusal(codec.getCause());
        }
        return cause instanceof IOException || cause.getClass() == IllegalArgumentException.class;
    }

    /** To be called when the proxy's handlers are in their places. */
    FuzzedChannel watch() {
        ChannelHandler guard = pipeline().get(HandshakeGuard.class);
        ChannelHandler next = guard != null ? guard : pipeline().get(RelayHandler.class);
        pipeline().addBefore(pipeline().context(next).name(), null, new BeforeRelay());
        return this;
    }

    /** The bytes as they come from a socket, cut at these places. */
    void feed(byte[] bytes, int... cuts) {
        int from = 0;
        for (int i = 0; i <= cuts.length && isActive(); i++) {
            int to = i < cuts.length ? cuts[i] : bytes.length;
            if (to > from) { // a socket has no empty pieces
                ByteBuf piece = Unpooled.copiedBuffer(bytes, from, to - from);
                fed.add(piece);
                writeInbound(piece);
                runPendingTasks();
            }
            from = to;
        }
    }

    /** The other side ends its output. */
    void endInput() {
        if (isActive()) {
            inputShutdown = true;
            pipeline().fireUserEventTriggered(ChannelInputShutdownReadComplete.INSTANCE);
            runPendingTasks();
        }
    }

    String written() {
        return written.toString();
    }

    String passedOn() {
        return passedOn.toString();
    }

    /** Closes it, with whatever was written to it. */
    void end() {
        runPendingTasks();
        close();
        runPendingTasks();
        releaseInbound();
        releaseOutbound();
    }

    /** Once it and its peer have ended: demands that nothing is left, and that nothing but the bytes was at fault. */
    void checkClean() {
        if (bug != null) {
            throw new AssertionError("no refusal, but a fault", bug);
        }
        checkException();
        for (ByteBuf piece : fed) {
            if (piece.refCnt() != 0) {
                throw new AssertionError("left over: " + piece);
            }
        }
    }

    @Override
    public boolean isInputShutdown() {
        return inputShutdown;
    }

    @Override
    public boolean isOutputShutdown() {
        return outputShutdown;
    }

    @Override
    public boolean isShutdown() {
        return inputShutdown && outputShutdown;
    }

    @Override
    public ChannelFuture shutdownInput() {
        return shutdownInput(newPromise());
    }

    @Override
    public ChannelFuture shutdownInput(ChannelPromise promise) {
        inputShutdown = true;
        return promise.setSuccess();
    }

    @Override
    public ChannelFuture shutdownOutput() {
        return shutdownOutput(newPromise());
    }

    @Override
    public ChannelFuture shutdownOutput(ChannelPromise promise) {
        outputShutdown = true;
        return promise.setSuccess();
    }

    @Override
    public ChannelFuture shutdown() {
        return shutdown(newPromise());
    }

    @Override
    public ChannelFuture shutdown(ChannelPromise promise) {
        inputShutdown = true;
        outputShutdown = true;
        return promise.setSuccess();
    }
}
