// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;

/** Who takes the bytes of a {@link ClaimedSource}. Confined to its event loop. */
interface Taker {
    void read(ByteBuf buffer);

    /** What was read is complete, and nothing is asked any more. */
    void readComplete();

    void fail(Throwable cause);
}
