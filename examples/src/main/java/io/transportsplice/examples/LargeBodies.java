package io.transportsplice.examples;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObjectDecoder;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.SpliceRegion;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Leads the large bodies of one side's messages past their decoder. The decoder takes such a message for one without a
 * body; behind its head the decoder is removed, what it has read too much is passed on, and the rest of the body comes as
 * {@link SpliceRegion}s, by {@link EpollSpliceHandler#limit}. Then a new decoder waits for the next head. To the encoder
 * on the other side all of that is the content of the message, as HttpContent would be.
 */
final class LargeBodies extends ChannelInboundHandlerAdapter {
    /** Below it a new decoder costs more than it saves, and {@code limit} would not splice. */
    private static final long LARGE = 64 * 1024;

    private final EpollSpliceHandler splice;
    private final Function<Predicate<HttpMessage>, HttpObjectDecoder> decoders;
    private HttpObjectDecoder decoder;
    /** The body's length, once the decoder has taken a message for one without a body. */
    private long announced;
    /** What is still to come of a body that passes by. */
    private long remaining;
    /** What the decoder has read too much, in the moment when it is removed. */
    private ByteBuf leftover = Unpooled.EMPTY_BUFFER;

    /** @param decoders makes a decoder that asks, once for each head, whether the message has no body for it */
    LargeBodies(EpollSpliceHandler splice, Function<Predicate<HttpMessage>, HttpObjectDecoder> decoders) {
        this.splice = splice;
        this.decoders = decoders;
    }

    private boolean takes(HttpMessage message) {
        if (message.headers().contains(HttpHeaderNames.TRANSFER_ENCODING)) {
            return false;
        }
        long length = HttpUtil.getContentLength(message, 0L);
        announced = length >= LARGE ? length : 0;
        return announced > 0;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        addDecoder(ctx);
    }

    private void addDecoder(ChannelHandlerContext ctx) {
        decoder = decoders.apply(this::takes);
        ctx.pipeline().addBefore(ctx.name(), null, decoder);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (announced > 0 && message instanceof LastHttpContent) {
            begin(ctx);
        } else if (decoder == null && message instanceof ByteBuf buffer) {
            leftover = buffer;
        } else if (remaining > 0 && message instanceof SpliceRegion region) {
            pass(ctx, region, region.count());
        } else {
            ctx.fireChannelRead(message);
        }
    }

    /** The head has been passed on. */
    private void begin(ChannelHandlerContext ctx) {
        remaining = announced;
        announced = 0;
        HttpObjectDecoder removed = decoder;
        decoder = null;
        ctx.pipeline().remove(removed);
        int read = (int) Math.min(remaining, leftover.readableBytes());
        long toCome = remaining - read;
        if (read > 0) {
            pass(ctx, leftover.readRetainedSlice(read), read);
        }
        if (toCome > 0) {
            releaseLeftover();
            splice.limit(toCome);
        }
    }

    private void pass(ChannelHandlerContext ctx, Object piece, long bytes) {
        ctx.fireChannelRead(piece);
        remaining -= bytes;
        if (remaining == 0) {
            ctx.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
            addDecoder(ctx);
            decodeLeftover(ctx);
        }
    }

    /** The next message may have come with the body's last bytes. */
    private void decodeLeftover(ChannelHandlerContext ctx) {
        ByteBuf next = leftover;
        leftover = Unpooled.EMPTY_BUFFER;
        if (!next.isReadable()) {
            next.release();
            return;
        }
        try {
            decoder.channelRead(ctx.pipeline().context(decoder), next);
        } catch (Exception e) {
            ctx.fireExceptionCaught(e);
        }
    }

    private void releaseLeftover() {
        leftover.release();
        leftover = Unpooled.EMPTY_BUFFER;
    }
}
