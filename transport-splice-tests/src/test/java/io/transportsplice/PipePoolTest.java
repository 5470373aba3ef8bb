// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.FdCensus;
import io.transportsplice.testing.LoopGroups;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@Timeout(60)
@ExtendWith(Baseline.class)
class PipePoolTest {
    private static final int CAPACITY = 1024 * 1024;
    private static final int BOUND = 64;

    /** Its clock stands still until it is told to go on. */
    private final EmbeddedChannel clock = newClock();

    private final FakeKernel kernel = new FakeKernel();
    private final LibC libc = new LibC(kernel);
    private final PipePool pool = new PipePool(libc, clock.eventLoop());

    private static EmbeddedChannel newClock() {
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.freezeTime();
        return channel;
    }

    private void passInterval() {
        clock.advanceTimeBy(PipePool.TRIM_INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
        clock.runScheduledPendingTasks();
    }

    private List<Pipe> take(PipePool from, int pipes) {
        List<Pipe> taken = new ArrayList<>();
        for (int i = 0; i < pipes; i++) {
            taken.add(assertTaken(from));
        }
        return taken;
    }

    private static Pipe assertTaken(PipePool from) {
        Pipe pipe = from.get(CAPACITY);
        assertNotNull(pipe);
        return pipe;
    }

    private int capacity(Pipe pipe) {
        return libc.pipeCapacity(pipe.writeFd);
    }

    private void makeDirty(Pipe pipe) {
        assertEquals(1, pipe.fill(kernel.socket(new byte[] {1}, false, 0), 1));
    }

    @AfterEach
    void closePool() {
        pool.close();
        clock.finish();
    }

    @Test
    void shouldLeaveTheLastDescriptorsToSockets() {
        int first = kernel.socket(new byte[0], false, 0);
        PipePool small = new PipePool(new LibC(kernel, first + 5), clock.eventLoop());
        Pipe taken = assertTaken(small);
        assertEquals(first + 2, taken.writeFd);
        Pipe last = assertTaken(small);
        int open = kernel.openFiles();
        long refused = SpliceMetrics.snapshot().pipesRefused();
        assertNull(small.get(CAPACITY));
        assertEquals(open, kernel.openFiles());
        assertEquals(refused + 1, SpliceMetrics.snapshot().pipesRefused());
        small.put(taken, BOUND);
        small.put(last, BOUND);
        small.close();
    }

    @Test // Go's TestSplicePipePool
    void shouldCloseEveryPipeOf64InTheEndByTrimming() {
        PipePool real = new PipePool(Availability.LIBC, clock.eventLoop());
        int before = FdCensus.take().pipes();
        List<Pipe> pipes = take(real, BOUND);
        assertEquals(before + 2 * BOUND, FdCensus.take().pipes());
        pipes.forEach(pipe -> real.put(pipe, BOUND));
        assertEquals(before + 2 * BOUND, FdCensus.take().pipes());
        passInterval();
        passInterval(); // those that came back during the first lay unused for the whole of the second
        assertEquals(before, FdCensus.take().pipes());
        assertEquals(BOUND, real.counters.value(PoolCounters.TRIMMED));
    }

    @Test
    void shouldCloseEveryPipeOf64WithItsLoop() throws InterruptedException {
        int before = FdCensus.take().pipes();
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        EventLoop loop = group.next();
        PipePool real = SplicingEventLoop.of(loop).pool;
        loop.submit(() -> take(real, BOUND).forEach(pipe -> real.put(pipe, BOUND)))
                .sync();
        assertEquals(BOUND, real.counters.value(PoolCounters.POOLED));
        LoopGroups.end(group);
        Await.until("every pipe is closed", () -> FdCensus.take().pipes() == before);
        assertEquals(0, real.counters.value(PoolCounters.POOLED));
    }

    /** As Go's: a buffer that is never released costs memory, as any of Netty's, but no descriptors. */
    @Test
    void shouldCloseWhatNobodyCanReach() {
        PipePool real = new PipePool(Availability.LIBC, clock.eventLoop());
        int before = FdCensus.take().pipes();
        take(real, BOUND);
        Await.until("all are closed", () -> {
            System.gc();
            return FdCensus.take().pipes() == before;
        });
        for (int i = 0; i < BOUND; i++) { // other tests count them, too
            real.counters.increment(PoolCounters.RETURNED);
            real.counters.increment(PoolCounters.CLOSED_CLEAN);
        }
    }

    /** Asked for on the thread that tells of a loop's end. */
    @Test
    void shouldForgetALoopThatHasEndedBefore() throws Exception {
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        EventLoop loop = group.next();
        LoopGroups.end(group);
        loop.terminationFuture().sync();
        int living = PoolCounters.living();
        GlobalEventExecutor.INSTANCE.submit(() -> SplicingEventLoop.of(loop)).sync();
        Await.until("it is forgotten", PoolCounters::living, now -> now == living);
    }

    @Test
    void shouldTellExactlyHowManyPipesAreInUseWhileItClosesOthers() {
        long before = SpliceMetrics.snapshot().pipesInUse();
        kernel.onClose = () -> assertEquals(before, SpliceMetrics.snapshot().pipesInUse());
        take(pool, 2).forEach(pipe -> pool.put(pipe, 2));
        passInterval();
        passInterval();
        assertEquals(2, pool.counters.value(PoolCounters.TRIMMED));
        pool.put(assertTaken(pool), BOUND);
        pool.close();
    }

    @Test
    void shouldMakePipesAsSmallAsTheyAreWanted() {
        PipePool real = new PipePool(Availability.LIBC, clock.eventLoop());
        Pipe pipe = real.get(8192);
        assertEquals(8192, Availability.LIBC.pipeCapacity(pipe.writeFd));
        real.put(pipe, 0);
    }

    @Test
    void shouldCountThePipeThatOutlivesItsLoop() {
        List<Pipe> pipes = take(pool, 2);
        makeDirty(pipes.get(0));
        pipes.forEach(pool::putAfterEnd);
        assertEquals(0, pool.counters.value(PoolCounters.IN_USE));
        assertEquals(0, pool.counters.value(PoolCounters.POOLED));
        assertEquals(1, pool.counters.value(PoolCounters.CLOSED_DIRTY));
        assertEquals(1, pool.counters.value(PoolCounters.CLOSED_CLEAN));
    }

    @Test
    void shouldGiveTheWarmestPipeFirst() {
        List<Pipe> pipes = take(pool, 2);
        pool.put(pipes.get(0), BOUND);
        pool.put(pipes.get(1), BOUND);
        assertSame(pipes.get(1), pool.get(CAPACITY));
        assertSame(pipes.get(0), pool.get(CAPACITY));
        assertEquals(2, pool.counters.value(PoolCounters.REUSED));
        assertEquals(2, pool.counters.value(PoolCounters.CREATED));
        pipes.forEach(pipe -> pool.put(pipe, BOUND));
    }

    @Test
    void shouldNeverReuseAPipeThatHoldsBytes() {
        Pipe dirty = assertTaken(pool);
        makeDirty(dirty);
        int open = kernel.openFiles();
        pool.put(dirty, BOUND);
        assertEquals(open - 2, kernel.openFiles());
        Pipe next = assertTaken(pool);
        assertNotSame(dirty, next);
        assertEquals(0, next.bytes());
        assertEquals(1, pool.counters.value(PoolCounters.CLOSED_DIRTY));
        pool.put(next, BOUND);
    }

    @Test
    void shouldKeepNoMoreThanItsBound() {
        List<Pipe> pipes = take(pool, 5);
        pipes.forEach(pipe -> pool.put(pipe, 3));
        assertEquals(6, kernel.openFiles());
        assertEquals(3, pool.counters.value(PoolCounters.POOLED));
        assertEquals(2, pool.counters.value(PoolCounters.CLOSED_CLEAN));
    }

    @Test
    void shouldTrimOnlyWhatLayUnusedForAWholeInterval() {
        List<Pipe> pipes = take(pool, 4);
        pipes.forEach(pipe -> pool.put(pipe, BOUND));
        List<Pipe> busy = take(pool, 3);
        busy.forEach(pipe -> pool.put(pipe, BOUND));
        passInterval();
        assertEquals(3, pool.counters.value(PoolCounters.POOLED), "three were used in that interval");
        Pipe warmest = pool.get(CAPACITY);
        assertSame(pipes.get(1), warmest, "the coldest went");
        pool.put(warmest, BOUND);
        passInterval();
        assertEquals(1, pool.counters.value(PoolCounters.POOLED));
        passInterval();
        assertEquals(0, kernel.openFiles());
        assertEquals(-1, clock.runScheduledPendingTasks(), "an empty pool has no timer");
    }

    @Test
    void shouldSayNoInsteadOfThrowingWhenThereAreNoDescriptors() {
        kernel.failing("pipe2", LibC.EMFILE, LibC.ENFILE);
        assertNull(pool.get(CAPACITY));
        assertNull(pool.get(CAPACITY));
        assertEquals(2, pool.counters.value(PoolCounters.REFUSED));
        pool.put(assertTaken(pool), BOUND); // and goes on when there are some again
    }

    @Test
    void shouldTakeTheLargestPipeThatTheKernelGrants() {
        kernel.largestPipe = 256 * 1024;
        Pipe large = assertTaken(pool);
        assertEquals(256 * 1024, capacity(large));
        kernel.largestPipe = 0; // past fs.pipe-user-pages-soft: what a new pipe has, and no more
        Pipe small = assertTaken(pool);
        assertEquals(64 * 1024, capacity(small));
        pool.put(large, BOUND);
        pool.put(small, BOUND);
    }

    @Test
    void shouldRefuseAPipeWhoseCapacityCannotBeHad() {
        kernel.failing("fcntl", LibC.EINVAL).failing("fcntl", new int[32]); // then 32 that succeed
        kernel.largestPipe = 0;
        assertNull(pool.get(CAPACITY));
        assertEquals(0, kernel.openFiles());
    }

    @Test
    void shouldRefuseAPipeTooSmallToBeWorthIt() {
        kernel.largestPipe = 0;
        kernel.newPipe = 2 * 4096; // what the kernel gives past the soft limit
        assertNull(pool.get(CAPACITY));
        assertEquals(1, pool.counters.value(PoolCounters.REFUSED));
        assertEquals(0, kernel.openFiles());
        Pipe asked = pool.get(4096);
        assertEquals(2 * 4096, capacity(asked), "unless it is as large as was asked for");
        pool.put(asked, BOUND);
    }

    @Test
    void shouldCloseWhatComesBackAfterItsEnd() {
        List<Pipe> pipes = take(pool, 2);
        pool.put(pipes.get(0), BOUND);
        pool.close();
        assertEquals(2, kernel.openFiles());
        pool.put(pipes.get(1), BOUND);
        assertEquals(0, kernel.openFiles());
    }

    @Test
    void shouldBeUsedByItsOwnThreadOnly() {
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        PipePool foreign = SplicingEventLoop.of(group.next()).pool;
        assertThrows(AssertionError.class, () -> foreign.get(CAPACITY));
        LoopGroups.end(group);
    }
}
