// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.DefaultByteBufHolder;
import java.util.Arrays;

/** Bytes on their way to a channel, and which of a stream they are. The {@link ModelOutlet} at the channel unwraps them. */
final class ModelPart extends DefaultByteBufHolder {
    private final int lane;
    private final long from;
    private final int length;

    /** @param bytes the part's from here on */
    ModelPart(ByteBuf bytes, int lane, long from) {
        super(bytes);
        this.lane = lane;
        this.from = from;
        length = bytes.readableBytes();
    }

    int lane() {
        return lane;
    }

    long from() {
        return from;
    }

    int length() {
        return length;
    }

    /** Looks at all of them. */
    boolean isRight() {
        return Arrays.equals(ByteBufUtil.getBytes(content()), ModelSocket.pattern(lane, from, length));
    }

    ModelPart withBytes(ByteBuf bytes, int offset) {
        return new ModelPart(bytes, lane, from + offset);
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // equals() would look at the bytes
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
