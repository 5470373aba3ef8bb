// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.DefaultByteBufHolder;
import org.jspecify.annotations.NullMarked;

/**
 * A part of what {@link EpollSpliceHandler#limit} asked for. Not a buffer, so that it passes the decoders of its pipeline.
 * Write what {@link #unwrap} makes of it to any channel. Itself it passes encoders, too, to a channel that has an
 * {@link EpollSpliceHandler}; but an {@code SslHandler} behind that refuses it, as it takes buffers alone. Spliced or copied,
 * nobody needs to know.
 */
@NullMarked
public final class LimitedBytes extends DefaultByteBufHolder {

    LimitedBytes(ByteBuf content) {
        super(content);
    }

    /** What is meant by a message that is written: the content, where it is one of these. */
    public static Object unwrap(Object message) {
        return message instanceof LimitedBytes limited ? limited.content() : message;
    }

    @Override
    public LimitedBytes replace(ByteBuf content) {
        return new LimitedBytes(content);
    }
}
