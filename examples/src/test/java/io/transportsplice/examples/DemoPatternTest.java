// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static io.transportsplice.examples.DemoPattern.BLOCK_SIZE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class DemoPatternTest {
    private static final int BLOCKS = 3;

    private final DemoPattern pattern = new DemoPattern(7);
    private final byte[] sent = sent(7);

    private static byte[] sent(long connection) {
        DemoPattern pattern = new DemoPattern(connection);
        ByteBuffer bytes = ByteBuffer.allocate(BLOCKS * BLOCK_SIZE);
        for (int number = 0; number < BLOCKS; number++) {
            bytes.put(pattern.block(number));
        }
        return bytes.array();
    }

    /** The bytes as a read leaves them in a buffer: up to its position. */
    private static ByteBuffer received(byte[] bytes, int from) {
        return ByteBuffer.allocate(bytes.length).put(bytes, from, bytes.length - from);
    }

    @Test
    void shouldMatchWhatItMadeAtAnyOffset() {
        int offset = BLOCK_SIZE - 3;

        assertEquals(sent.length - offset, pattern.matching(offset, received(sent, offset)));
    }

    @Test
    void shouldFindTheFirstWrongByte() {
        sent[BLOCK_SIZE + 100] ^= 1;

        assertEquals(BLOCK_SIZE + 100, pattern.matching(0, received(sent, 0)));
    }

    @Test
    void shouldNoticeABlockThatWasLost() {
        int stampDiffersAt = Long.BYTES - 1;

        assertEquals(stampDiffersAt, pattern.matching(0, received(sent, BLOCK_SIZE)));
    }

    @Test
    void shouldNoticeTheBytesOfAnotherConnection() {
        int stampEnds = Long.BYTES;

        assertEquals(stampEnds, pattern.matching(0, received(sent(8), 0)));
    }
}
