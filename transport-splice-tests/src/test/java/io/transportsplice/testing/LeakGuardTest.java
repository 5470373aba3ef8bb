// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBufAllocator;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeakGuardTest {
    @Test
    void shouldFindABufferThatNobodyReleased() throws InterruptedException {
        forgetABuffer();

        List<String> leaks = LeakGuard.collect();

        assertEquals(1, leaks.size(), leaks::toString);
        assertTrue(leaks.get(0).contains("forgetABuffer"), leaks::toString);
    }

    @Test
    void shouldFindNothingWhenAllWasReleased() throws InterruptedException {
        ByteBufAllocator.DEFAULT.buffer().release();

        assertEquals(List.of(), LeakGuard.collect());
    }

    /** In a frame of its own, so that no local variable keeps the buffer alive. */
    private static void forgetABuffer() {
        ByteBufAllocator.DEFAULT.buffer().writeInt(1);
    }
}
