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
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.IllegalReferenceCountException;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.LoopGroups;
import io.transportsplice.testing.Peer;
import java.io.IOException;
import java.lang.ref.WeakReference;
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

    private static void send(CollectingSource sink, PipeByteBuf buffer) throws Exception {
        int bytes = buffer.readableBytes();
        sink.channel().writeAndFlush(buffer).sync();
        byte[] received = new byte[bytes];
        for (int n = 0; n < bytes; ) {
            n += sink.peer().read(received, bytes - n);
        }
    }

    private WeakReference<PipeByteBuf> sentBy(CollectingSource source, CollectingSource sink) throws Exception {
        PipeByteBuf buffer = source.nextInPipe();
        send(sink, buffer);
        return new WeakReference<>(buffer);
    }

    @Test
    void shouldForgetWhatIsSent() throws Exception {
        try (CollectingSource source = source(1);
                CollectingSource sink = source(1)) {
            WeakReference<PipeByteBuf> sent = sentBy(source, sink);
            Await.until("nobody has it any more", () -> {
                System.gc();
                return sent.get() == null;
            });
        }
    }

    /** A handler in front of the sink's is to see the bytes: those are not spliced, which is counted once. */
    @Test
    void shouldCountWhatIsSpliced() throws Exception {
        try (CollectingSource source = source(1);
                CollectingSource sink = source(1)) {
            EpollSpliceHandler handler = sink.channel().pipeline().get(EpollSpliceHandler.class);
            long spliced = 0;
            for (int i = 0; i < 2; i++) {
                PipeByteBuf buffer = source.nextInPipe();
                spliced += buffer.readableBytes();
                send(sink, buffer);
            }
            assertEquals(spliced, handler.bytesSpliced());
            sink.channel().pipeline().addFirst(new ChannelInboundHandlerAdapter());
            long refused = SpliceMetrics.snapshot().fallbacks(SpliceFallback.NOT_FIRST);
            for (int i = 0; i < 2; i++) {
                send(sink, source.nextInPipe());
            }
            assertEquals(refused + 1, SpliceMetrics.snapshot().fallbacks(SpliceFallback.NOT_FIRST));
            sink.channel().close().sync();
            assertEquals(spliced, handler.bytesSpliced());
        }
    }
}
