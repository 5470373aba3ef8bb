// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.IllegalReferenceCountException;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.LoopGroups;
import io.transportsplice.testing.Peer;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a handler does with a buffer that is not his any more, or with more of them than anybody should keep. */
@ExtendWith(Baseline.class)
@Timeout(60)
class OwnershipTest {
    private static final int MANY = 100;
    private static final int MOST_HELD = 16;

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final Baseline.State before = Baseline.State.now();

    @AfterEach
    void end() {
        LoopGroups.end(group);
    }

    private CollectingSource source(int maxInFlight) throws IOException {
        SpliceOptions options = SpliceOptions.builder()
                .policy(SpliceOptions.Policy.ALWAYS)
                .maxInFlight(maxInFlight)
                .maxPooledPipes(1)
                .build();
        return new CollectingSource(group, options, channel -> {});
    }

    private long inUse() {
        return Baseline.State.now().pipesInUse() - before.pipesInUse();
    }

    /** It is the next buffer's by then: the only pooled one. */
    @Test
    void shouldNotTouchAPipeThatIsAnothersByASecondRelease() throws Exception {
        try (CollectingSource source = source(1)) {
            PipeByteBuf stale = source.nextInPipe();
            ByteBufUtil.getBytes(stale);
            stale.release();
            Await.until("the pipe is pooled", () -> inUse() == 0);
            long made = SpliceMetrics.snapshot().pipesCreated();
            PipeByteBuf next = source.nextInPipe();
            assertEquals(made, SpliceMetrics.snapshot().pipesCreated());
            assertThrows(IllegalReferenceCountException.class, stale::release);
            assertThrows(IllegalReferenceCountException.class, stale::retain);
            assertThrows(IllegalReferenceCountException.class, stale::readByte);
            assertArrayEquals(
                    source.pattern().bytes(source.position(next), next.capacity()), ByteBufUtil.getBytes(next));
            next.release();
        }
    }

    /** Who holds messages waits for nothing, and has no more than so many pipes. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 20})
    void shouldHaveNoMorePipesOutThanItsBoundHoweverManyAreHeld(int maxInFlight) throws Exception {
        try (CollectingSource source = source(maxInFlight)) {
            int most = Math.max(MOST_HELD, maxInFlight);
            CompositeByteBuf held = Unpooled.compositeBuffer(MANY);
            int inPipes = 0;
            long left = SpliceMetrics.snapshot().fallbacks(SpliceFallback.HELD);
            for (int i = 0; i < MANY; i++) {
                ByteBuf message = source.next();
                inPipes += message instanceof PipeByteBuf ? 1 : 0;
                held.addComponent(true, message);
                assertTrue(inUse() <= most, () -> inUse() + " pipes are in use");
            }
            assertEquals(most, inPipes);
            assertEquals(MANY - most, SpliceMetrics.snapshot().fallbacks(SpliceFallback.HELD) - left);
            assertArrayEquals(source.pattern().bytes(0, held.readableBytes()), ByteBufUtil.getBytes(held));
            held.release();
        }
    }

    /** Netty answers by a clean end to what is no IOException. */
    @Test
    void shouldResetTheSinkOfABufferThatSomebodyReleasedBeforeItWasSent() throws Exception {
        try (CollectingSource source = source(1);
                CollectingSource sink = source(1)) {
            PipeByteBuf buffer = source.nextInPipe();
            sink.channel()
                    .eventLoop()
                    .submit(() -> {
                        sink.channel().write(buffer);
                        buffer.release();
                        sink.channel().flush();
                    })
                    .sync();
            assertEquals(
                    Peer.End.RESET,
                    sink.peer().receiveToEnd(source.pattern(), 0).end());
        }
    }
}
