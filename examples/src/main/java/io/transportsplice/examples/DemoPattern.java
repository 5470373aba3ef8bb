// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.nio.ByteBuffer;
import java.util.Random;

/**
 * The bytes of one connection of the demo: random blocks that differ per connection, each stamped with its number. So a
 * byte that was lost, repeated, moved or that belongs to another connection shows, and to check it costs one comparison.
 * Not for use by two threads at once.
 */
final class DemoPattern {
    static final int BLOCK_SIZE = 64 * 1024;

    /** Outside the heap, where a socket takes it from without one more copy. */
    private final ByteBuffer block = ByteBuffer.allocateDirect(BLOCK_SIZE);

    DemoPattern(long connection) {
        byte[] random = new byte[BLOCK_SIZE];
        new Random(connection).nextBytes(random);
        block.put(0, random);
    }

    /** The block with this number, ready to be read once and before the next call. */
    ByteBuffer block(long number) {
        return block.clear().putLong(0, ~number);
    }

    /** How many of the bytes up to the position, which are those from this offset on, precede the first wrong one. */
    int matching(long offset, ByteBuffer received) {
        int length = received.position();
        int matched = 0;
        while (matched < length) {
            long at = offset + matched;
            int from = (int) (at % BLOCK_SIZE);
            int count = Math.min(BLOCK_SIZE - from, length - matched);
            int mismatch = block(at / BLOCK_SIZE).slice(from, count).mismatch(received.slice(matched, count));
            if (mismatch >= 0) {
                return matched + mismatch;
            }
            matched += count;
        }
        return matched;
    }
}
