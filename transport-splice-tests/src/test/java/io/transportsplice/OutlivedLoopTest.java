// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.CrampedLoop;
import io.transportsplice.testing.LoopGroups;
import io.transportsplice.testing.LoopHold;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Buffers are let go of, looked at and written when the loop that their pipes come from is no more, or takes no task. */
@ExtendWith(Baseline.class)
@Timeout(60)
class OutlivedLoopTest {
    private static final int QUIET_MILLIS = 20;
    private static final SpliceOptions ALWAYS = SpliceOptions.builder()
            .policy(SpliceOptions.Policy.ALWAYS)
            .maxInFlight(2)
            .build();

    private final EventLoopGroup group = CrampedLoop.newGroup();
    private final EventLoopGroup other = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final Baseline.State before = Baseline.State.now();

    /** What somebody does with a buffer that is his, on a thread of his own. */
    enum Deed {
        RELEASE {
            @Override
            void to(PipeByteBuf buffer, byte[] expected) {
                buffer.release();
            }
        },
        LOOK {
            @Override
            void to(PipeByteBuf buffer, byte[] expected) {
                assertArrayEquals(expected, ByteBufUtil.getBytes(buffer));
                buffer.release();
            }
        },
        RELEASE_A_DUPLICATE {
            @Override
            void to(PipeByteBuf buffer, byte[] expected) {
                ByteBuf duplicate = buffer.retainedDuplicate();
                buffer.release();
                duplicate.release();
            }
        },
        LOOK_AT_A_PART {
            @Override
            void to(PipeByteBuf buffer, byte[] expected) {
                assertEquals(expected[1], buffer.slice(1, 1).readByte());
                buffer.release();
            }
        };

        abstract void to(PipeByteBuf buffer, byte[] expected);
    }

    @AfterEach
    void endLoops() {
        LoopGroups.end(group);
        LoopGroups.end(other);
    }

    private CollectingSource source() throws Exception {
        return new CollectingSource(group, ALWAYS, channel -> {});
    }

    /** Of the test's buffers nothing is left, whatever lies in pools. */
    private void awaitHome() {
        Await.until(
                "pipes in use as in " + before,
                Baseline.State::now,
                now -> now.pipesInUse() <= before.pipesInUse() && now.buffersInFlight() <= before.buffersInFlight());
    }

    @ParameterizedTest
    @EnumSource
    void shouldCloseThePipeOfABufferThatOutlivesItsLoop(Deed deed) throws Exception {
        try (CollectingSource source = source()) {
            PipeByteBuf buffer = source.nextInPipe();
            byte[] expected = source.pattern().bytes(source.position(buffer), buffer.capacity());
            LoopGroups.end(group);
            assertFalse(buffer.isInMemory());
            deed.to(buffer, expected);
            awaitHome();
        }
    }

    /** A queue that is full is not a loop that has ended: the source learns of it, and goes on. */
    @ParameterizedTest
    @EnumSource
    void shouldTakeThePipeBackOnceTheLoopHasTime(Deed deed) throws Exception {
        try (CollectingSource source = source()) {
            List<PipeByteBuf> buffers = new ArrayList<>();
            List<byte[]> expected = new ArrayList<>();
            for (int i = 0; i < ALWAYS.maxInFlight(); i++) {
                PipeByteBuf buffer = source.nextInPipe();
                buffers.add(buffer);
                expected.add(source.pattern().bytes(source.position(buffer), buffer.capacity()));
            }
            withFullQueue(source, () -> {
                for (int i = 0; i < buffers.size(); i++) {
                    deed.to(buffers.get(i), expected.get(i));
                }
                assertTrue(Baseline.State.now().pipesInUse() > before.pipesInUse(), "it has not got them yet");
            });
            awaitHome();
            for (int i = 0; i < 2 * ALWAYS.maxInFlight(); i++) {
                source.nextInPipe().release();
            }
            awaitHome();
        }
    }

    private static void withFullQueue(CollectingSource source, LoopHold.Action action) throws Exception {
        EventLoop loop = source.channel().eventLoop();
        LoopHold.whileHeld(loop, () -> {
            CrampedLoop.fill(loop);
            action.run();
        });
    }

    /** Once more, but the loop ends with its queue full, before it has taken them back. */
    @Test
    void shouldCloseThePipeWhenTheLoopEndsWithItsQueueFull() throws Exception {
        try (CollectingSource source = source()) {
            PipeByteBuf buffer = source.nextInPipe();
            withFullQueue(source, () -> {
                buffer.release();
                group.shutdownGracefully(QUIET_MILLIS, QUIET_MILLIS, TimeUnit.MILLISECONDS);
            });
            LoopGroups.end(group);
            awaitHome();
        }
    }

    /** It waits in a sink when its own loop ends; or it is somebody else's, too, when its sink's does. */
    @Test
    void shouldBeWrittenThoughItsLoopHasEnded() throws Exception {
        withSink((source, sink) -> {
            PipeByteBuf buffer = source.nextInPipe();
            byte[] expected = source.pattern().bytes(source.position(buffer), buffer.capacity());
            sink.channel().write(buffer);
            LoopGroups.end(group);
            long spliced = SpliceMetrics.snapshot().bytesSpliced();
            sink.channel().flush();
            byte[] received = new byte[expected.length];
            int n = 0;
            while (n < received.length) {
                byte[] some = new byte[received.length - n];
                int read = sink.peer().read(some, some.length);
                System.arraycopy(some, 0, received, n, read);
                n += read;
            }
            assertArrayEquals(expected, received);
            awaitHome();
            assertEquals(spliced + expected.length, SpliceMetrics.snapshot().bytesSpliced());
        });
    }

    @ParameterizedTest
    @EnumSource
    void shouldCloseThePipeOfABufferThatOutlivesItsSinksLoop(Deed deed) throws Exception {
        withSink((source, sink) -> {
            PipeByteBuf buffer = source.nextInPipe();
            byte[] expected = source.pattern().bytes(source.position(buffer), buffer.capacity());
            sink.channel().write(buffer.retainedDuplicate());
            sink.channel().eventLoop().submit(() -> {}).syncUninterruptibly();
            LoopGroups.end(other);
            assertEquals(1, buffer.refCnt());
            deed.to(buffer, expected);
            awaitHome();
            source.nextInPipe().release();
        });
    }

    /** It holds bytes for a sink that has moved to another loop since. */
    @Test
    void shouldCloseThePipeOfADuplicateThatOutlivesItsLoop() throws Exception {
        withSink((source, sink) -> {
            PipeByteBuf buffer = source.nextInPipe();
            writeWhereItIsFull((EpollSocketChannel) sink.channel(), buffer);
            sink.channel().deregister().sync();
            group.register(sink.channel()).sync();
            LoopGroups.end(other);
            sink.channel().close().sync();
            buffer.release();
            awaitHome();
        });
    }

    private static void writeWhereItIsFull(EpollSocketChannel sink, PipeByteBuf buffer) throws Exception {
        ByteBuffer much = ByteBuffer.allocateDirect(64 * 1024);
        ChannelFuture written;
        do {
            written = sink.eventLoop()
                    .submit(() -> {
                        while (sink.fd().write(much, 0, much.limit()) > 0) {}
                        return sink.writeAndFlush(buffer.retainedDuplicate());
                    })
                    .get();
        } while (written.isDone());
    }

    private interface Scene {
        void play(CollectingSource source, CollectingSource sink) throws Exception;
    }

    private void withSink(Scene scene) throws Exception {
        try (CollectingSource source = source();
                CollectingSource sink = new CollectingSource(other, ALWAYS, channel -> {})) {
            scene.play(source, sink);
        }
    }
}
