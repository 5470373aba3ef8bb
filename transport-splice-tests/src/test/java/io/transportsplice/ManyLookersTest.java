// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.util.IllegalReferenceCountException;
import io.transportsplice.PipeByteBuf.Fate;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Rig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Several threads have the same bytes in a pipe. */
@ExtendWith(Baseline.class)
@Timeout(60)
class ManyLookersTest {
    private static final int ROUNDS = 100;
    private static final int THREADS = 4;
    private static final byte[] CONTENT = new Pattern(1).bytes(0, 5_000);

    private static final List<Function<ByteBuf, byte[]>> LOOKS = List.of(
            ByteBufUtil::getBytes,
            buffer -> ByteBufUtil.decodeHexDump(ByteBufUtil.hexDump(buffer)),
            buffer -> {
                byte[] bytes = new byte[buffer.readableBytes()];
                buffer.nioBuffer().get(bytes);
                return bytes;
            },
            buffer -> {
                ByteBuf copy = buffer.copy();
                byte[] bytes = ByteBufUtil.getBytes(copy);
                copy.release();
                return bytes;
            });

    private final RealPipes pipes = new RealPipes();
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);

    @AfterEach
    void endThreads() throws InterruptedException {
        threads.shutdownNow();
        threads.awaitTermination(Await.BOUND.toSeconds(), TimeUnit.SECONDS);
    }

    /** All start at the same moment, or nearly. */
    private List<Future<?>> start(Rig.Task... tasks) {
        CyclicBarrier barrier = new CyclicBarrier(tasks.length);
        List<Future<?>> started = new ArrayList<>();
        for (Rig.Task task : tasks) {
            started.add(threads.submit(() -> {
                barrier.await();
                task.run();
                return null;
            }));
        }
        return started;
    }

    private static void await(List<Future<?>> tasks) throws InterruptedException {
        for (Future<?> task : tasks) {
            Rig.await(task);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldShowTheSameBytesToAllWhoLookAtOnce(BufferAllocation allocation) throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            PipeByteBuf buffer = pipes.buffer(allocation.allocator(), CONTENT);
            Rig.Task[] lookers = new Rig.Task[THREADS];
            Arrays.setAll(lookers, i -> look(buffer.retainedDuplicate(), LOOKS.get(i)));
            buffer.release();
            await(start(lookers));
            assertEquals(0, buffer.refCnt());
        }
        assertAllLookedAt();
    }

    private static Rig.Task look(ByteBuf view, Function<ByteBuf, byte[]> how) {
        return () -> {
            assertArrayEquals(CONTENT, how.apply(view));
            view.release();
        };
    }

    private void assertAllLookedAt() {
        assertEquals(ROUNDS, pipes.fates().size(), "each pipe goes home once");
        assertEquals(List.of(Fate.LOOKED_AT), pipes.fates().stream().distinct().toList());
    }

    @ParameterizedTest
    @EnumSource
    void shouldShowItsBytesToAnOwnerWhileTheOthersLetGo(BufferAllocation allocation) throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            PipeByteBuf buffer = pipes.buffer(allocation.allocator(), CONTENT);
            Rig.Task owner = look(buffer.retainedSlice(), LOOKS.get(round % LOOKS.size()));
            await(start(owner, buffer::release, buffer.retainedDuplicate()::release));
            assertEquals(0, buffer.refCnt());
        }
        assertAllLookedAt();
    }

    /** Who looks without being an owner may come too late, as with any buffer; but then nothing is left behind. */
    @Test
    void shouldLeaveNothingBehindWhenItIsReleasedWhileSomebodyLooks() throws Exception {
        ByteBuf keepsTheMemory = BufferAllocation.POOLED.allocator().directBuffer(CONTENT.length);
        for (int round = 0; round < ROUNDS; round++) {
            PipeByteBuf buffer = pipes.buffer(BufferAllocation.POOLED.allocator(), CONTENT);
            await(start(
                    () -> {
                        try {
                            buffer.getByte(0);
                        } catch (IllegalReferenceCountException | NullPointerException e) {
                            // The second is Netty's, of memory that went back to its pool, where it does without
                            // Unsafe.
                            ModelTally.count("came too late", 1);
                        }
                    },
                    buffer::release));
            assertEquals(0, buffer.refCnt());
        }
        keepsTheMemory.release();
        assertEquals(ROUNDS, pipes.fates().size(), "each pipe goes home once");
    }

    @Test
    void shouldBeEitherTakenOrLookedAt() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            PipeByteBuf buffer = pipes.buffer(BufferAllocation.POOLED.allocator(), CONTENT);
            AtomicBoolean looked = new AtomicBoolean();
            AtomicReference<Pipe> taken = new AtomicReference<>();
            ByteBuf view = buffer.duplicate();
            await(start(
                    () -> {
                        try {
                            assertArrayEquals(CONTENT, ByteBufUtil.getBytes(view));
                            looked.set(true);
                        } catch (IllegalReferenceCountException e) {
                            ModelTally.count("taken before", 1);
                        }
                    },
                    () -> taken.set(buffer.take(buffer))));
            assertEquals(looked.get(), taken.get() == null);
            if (!looked.get()) {
                assertArrayEquals(CONTENT, pipes.drain(taken.get(), CONTENT.length));
                buffer.giveBack();
            }
            buffer.release();
            assertEquals(
                    looked.get() ? Fate.LOOKED_AT : Fate.DRAINED, pipes.fates().get(round));
        }
        assertEquals(ROUNDS, pipes.fates().size(), "each pipe goes home once");
    }
}
