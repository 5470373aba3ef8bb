// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.embedded.EmbeddedChannel;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterTry;
import net.jqwik.api.lifecycle.BeforeTry;

/** {@link Pipe} and {@link PipePool} beside a model that is a list and a count, over the strict {@link FakeKernel}. */
class ModelPoolTest {
    private static final int CAPACITY = 64 * 1024;

    enum Act {
        GET,
        GET_REFUSED,
        FILL,
        FILL_FAILS,
        DRAIN,
        DRAIN_FAILS,
        READ,
        PUT,
        TRIM
    }

    /** @param which of the pipes that are out, and how many bytes of it */
    record Deed(Act act, int which) {}

    /** A pipe that is out, and what it should hold. */
    private record Out(Pipe pipe, ByteArrayOutputStream content) {}

    private EmbeddedChannel clock;
    private FakeKernel kernel;
    private PipePool pool;
    private List<Out> out;
    private byte next;

    @BeforeTry
    void startAnew() {
        clock = new EmbeddedChannel();
        clock.freezeTime();
        kernel = new FakeKernel();
        pool = new PipePool(new LibC(kernel), clock.eventLoop());
        out = new ArrayList<>();
        next = 0;
    }

    @AfterTry
    void end() {
        clock.finish();
    }

    @Provide
    Arbitrary<List<Deed>> deeds() {
        return Combinators.combine(
                        Arbitraries.of(Act.class), Arbitraries.integers().between(0, 50))
                .as(Deed::new)
                .list()
                .ofMaxSize(60);
    }

    @Property(tries = 500)
    void shouldKeepPipesEmptyBoundedAndApart(
            @ForAll("deeds") List<Deed> deeds, @ForAll @IntRange(min = 0, max = 3) int bound) {
        for (Deed deed : deeds) {
            ModelTally.count("deeds", 1);
            act(deed, bound);
            assertTrue(pooled() <= bound);
            assertEquals(2 * (pooled() + out.size()), openPipeFds());
        }
        while (!out.isEmpty()) {
            put(0, bound);
        }
        assertEquals(2 * pooled(), openPipeFds());
        pool.close();
        assertEquals(0, openPipeFds());
    }

    private void act(Deed deed, int bound) {
        switch (deed.act()) {
            case GET -> get();
            case GET_REFUSED -> getRefused(deed.which() % 2 == 0 ? LibC.EMFILE : LibC.ENFILE);
            case TRIM -> {
                clock.advanceTimeBy(PipePool.TRIM_INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
                clock.runScheduledPendingTasks();
            }
            default -> {
                if (!out.isEmpty()) {
                    actOn(deed, bound);
                }
            }
        }
    }

    private void actOn(Deed deed, int bound) {
        int index = deed.which() % out.size();
        Out pipe = out.get(index);
        switch (deed.act()) {
            case FILL -> fill(pipe, deed.which());
            case FILL_FAILS -> fillFails(pipe);
            case DRAIN -> drain(pipe, deed.which());
            case DRAIN_FAILS -> drainFails(pipe);
            case READ -> read(pipe, deed.which());
            case PUT -> put(index, bound);
            default -> throw new AssertionError(deed);
        }
        if (out.contains(pipe)) {
            assertEquals(pipe.content().size(), pipe.pipe().bytes());
        }
    }

    private void get() {
        long before = pooled();
        Pipe pipe = pool.get(CAPACITY);
        assertEquals(0, pipe.bytes());
        assertTrue(out.stream().noneMatch(other -> other.pipe() == pipe), "it is out already");
        assertEquals(Math.max(0, before - 1), pooled());
        out.add(new Out(pipe, new ByteArrayOutputStream()));
    }

    private void getRefused(int errno) {
        if (pooled() == 0) {
            kernel.failing("pipe2", errno);
            assertNull(pool.get(CAPACITY));
        }
    }

    private void fill(Out pipe, int bytes) {
        if (pipe.pipe().bytes() > 0) {
            return;
        }
        byte[] input = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            input[i] = next++;
        }
        int socket = kernel.socket(input, false, 0);
        // An interrupted call is repeated, and counted once.
        kernel.failing("splice", LibC.EINTR, LibC.EINTR);
        assertEquals(bytes == 0 ? -LibC.EAGAIN : bytes, pipe.pipe().fill(socket, CAPACITY));
        pipe.content().writeBytes(input);
        kernel.close(socket);
    }

    private void fillFails(Out pipe) {
        if (pipe.pipe().bytes() == 0) {
            int socket = kernel.socket(new byte[] {1}, true, 0);
            kernel.failing("splice", LibC.EINVAL);
            assertEquals(-LibC.EINVAL, pipe.pipe().fill(socket, CAPACITY));
            kernel.close(socket);
        }
    }

    private void drain(Out pipe, int room) {
        if (pipe.pipe().bytes() > 0) {
            int socket = kernel.socket(new byte[0], false, room);
            int expected = Math.min(room, pipe.content().size());
            assertEquals(expected == 0 ? -LibC.EAGAIN : expected, pipe.pipe().drain(socket));
            byte[] written = kernel.written(socket);
            assertArrayEquals(take(pipe, expected), written);
            kernel.close(socket);
        }
    }

    private void drainFails(Out pipe) {
        if (pipe.pipe().bytes() > 0) {
            int socket = kernel.socket(new byte[0], false, 10);
            kernel.failing("splice", LibC.EPIPE);
            assertEquals(-LibC.EPIPE, pipe.pipe().drain(socket));
            kernel.close(socket);
        }
    }

    private void read(Out pipe, int room) {
        if (pipe.pipe().bytes() > 0 && room > 0) {
            ByteBuffer into = ByteBuffer.allocateDirect(room);
            int expected = Math.min(room, pipe.content().size());
            kernel.failing("read", LibC.EINTR);
            assertEquals(expected, pipe.pipe().read(into));
            byte[] read = new byte[expected];
            into.get(0, read);
            assertArrayEquals(take(pipe, expected), read);
        }
    }

    private static byte[] take(Out pipe, int bytes) {
        byte[] all = pipe.content().toByteArray();
        pipe.content().reset();
        pipe.content().write(all, bytes, all.length - bytes);
        return Arrays.copyOf(all, bytes);
    }

    private void put(int index, int bound) {
        Out pipe = out.remove(index);
        boolean dirty = pipe.pipe().bytes() > 0;
        long before = pooled();
        pool.put(pipe.pipe(), bound);
        assertEquals(dirty || before >= bound ? before : before + 1, pooled());
    }

    private long pooled() {
        return pool.counters.value(PoolCounters.POOLED);
    }

    private int openPipeFds() {
        return kernel.openFiles();
    }
}
