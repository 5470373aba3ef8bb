// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.Ticker;
import io.transportsplice.SocketReader.Outcome;
import io.transportsplice.testing.Baseline;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(Baseline.class)
class InFlightTest {
    private static final int MOST = 2;

    private final RealPipes pipes = new RealPipes();
    private final MockTicker clock = Ticker.newMockTicker();
    private final InFlight inFlight = new InFlight(MOST, clock);
    private final Deque<PipeByteBuf> buffers = new ArrayDeque<>();

    @AfterEach
    void releaseAll() {
        buffers.forEach(PipeByteBuf::release);
    }

    /** One that somebody has, or that waits in a sink. */
    private void add(boolean waits) throws IOException {
        PipeByteBuf buffer = pipes.buffer(UnpooledByteBufAllocator.DEFAULT, (byte) 1);
        if (waits) {
            buffer.waits(false);
            buffer.flushed();
        }
        inFlight.add(buffer);
        buffers.add(buffer);
    }

    private boolean removeFirst() {
        PipeByteBuf buffer = buffers.remove();
        boolean late = inFlight.remove(buffer);
        buffer.release();
        return late;
    }

    @Test
    void shouldBeBoundByWhatWaitsInSinks() throws IOException {
        for (int i = 0; i < MOST; i++) {
            assertEquals(Outcome.USED, inFlight.next());
            add(true);
        }
        assertEquals(Outcome.NOT_NOW, inFlight.next());
        removeFirst();
        assertEquals(Outcome.USED, inFlight.next());
    }

    @Test
    void shouldNotWaitForAHolderButLeaveManyToNetty() throws IOException {
        int held = 0;
        while (inFlight.next() == Outcome.USED) {
            add(held > 0);
            held++;
        }
        assertEquals(16, held);
        assertEquals(Outcome.LEFT_TO_CHANNEL, inFlight.next());
    }

    /** Wherever it was meanwhile: in a sink, or with somebody who holds it. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldSayThatOneIsLate(boolean waits) throws IOException {
        add(waits);
        inFlight.delivered(buffers.getLast());
        clock.advance(100, TimeUnit.MILLISECONDS);
        add(waits);
        inFlight.delivered(buffers.getLast());
        clock.advance(101, TimeUnit.MILLISECONDS);
        assertTrue(removeFirst());
        assertFalse(removeFirst());
    }

    @Test
    void shouldNotTimeWhatIsHomeAtOnce() throws IOException {
        add(true);
        clock.advance(201, TimeUnit.MILLISECONDS);
        PipeByteBuf first = buffers.getLast();
        assertFalse(removeFirst());
        inFlight.delivered(first);
        add(true);
        assertFalse(removeFirst());
    }
}
