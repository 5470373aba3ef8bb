// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;

/** Who takes the bytes of a {@link ClaimedSource}. Confined to its event loop. */
interface Taker {
    void read(ByteBuf buffer);

    void readComplete();

    /** What was asked of the channel is lost, as it has moved to another event loop. */
    void readMore();

    void fail(Throwable cause);
}
