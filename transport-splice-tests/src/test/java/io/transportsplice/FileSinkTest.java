// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.Future;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.StepExecutor;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a file is given, by whatever thread, in the order in which it was given. */
@ExtendWith(Baseline.class)
@Timeout(60)
class FileSinkTest {
    private static final int ENOSPC = 28;

    private final Pattern pattern = new Pattern(7);
    private final ByteBufAllocator alloc = PooledByteBufAllocator.DEFAULT;
    private final StepExecutor steps = new StepExecutor();

    @TempDir
    Path directory;

    private Path path;
    private FileDescriptor file;

    @BeforeEach
    void open() throws IOException {
        path = directory.resolve("file");
        file = FileDescriptor.from(path.toString());
    }

    @AfterEach
    void close() throws IOException {
        if (file.isOpen()) {
            file.close();
        }
    }

    private FileSink sink(LibC libc) {
        return new FileSink(libc, file, 0, steps);
    }

    private ByteBuf bytes(int from, int to) {
        return alloc.directBuffer(to - from).writeBytes(pattern.bytes(from, to - from));
    }

    private void verify(int offset, int from, int to) throws IOException {
        byte[] all = Files.readAllBytes(path);
        assertEquals(offset + to - from, all.length);
        pattern.verify(all, offset, to - from, from);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldWriteBuffersOfAnyKind(boolean direct) throws IOException {
        FileSink sink = new FileSink(Availability.LIBC, file, 5, Runnable::run);
        ByteBuf first = direct ? alloc.directBuffer() : alloc.heapBuffer();
        first.writeBytes(pattern.bytes(0, 2000)).skipBytes(1000);
        assertTrue(sink.write(first.retainedSlice(1000, 500)).isSuccess());
        assertTrue(sink.write(alloc.compositeBuffer()
                        .addComponent(true, first.skipBytes(500))
                        .addComponent(true, Unpooled.wrappedBuffer(pattern.bytes(2000, 1000))))
                .isSuccess());
        assertTrue(sink.write(Unpooled.EMPTY_BUFFER).isSuccess());
        verify(5, 1000, 3000);
    }

    /** Such as one that wraps another, and counts its tasks. */
    @Test
    void shouldWriteOnceThoughTheExecutorThrowsWhenItHasRunTheTask() throws IOException {
        FileSink sink = new FileSink(Availability.LIBC, file, 0, task -> {
            task.run();
            throw new IllegalStateException("asked for by the test");
        });
        assertTrue(sink.write(bytes(0, 1000)).isSuccess());
        assertTrue(sink.write(bytes(1000, 2000)).isSuccess());
        verify(0, 0, 2000);
    }

    @Test
    void shouldKeepTheOrderWhateverTheThreads() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(3);
        FileSink sink = new FileSink(Availability.LIBC, file, 0, threads);
        List<Future<Void>> written = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            written.add(sink.write(bytes(10 * i, 10 * i + 10)));
        }
        for (Future<Void> each : written) {
            assertTrue(each.await(20, TimeUnit.SECONDS) && each.isSuccess());
        }
        threads.shutdown();
        assertTrue(threads.awaitTermination(20, TimeUnit.SECONDS));
        verify(0, 0, 20_000);
    }

    @Test
    void shouldGoOnWhereASignalCame() throws IOException {
        FaultyKernel kernel = new FaultyKernel(1).failing("pwrite", LibC.EINTR).share(0.9);
        Future<Void> written = sink(new LibC(kernel)).write(bytes(0, 100));
        steps.runAll();
        assertTrue(written.isSuccess());
        verify(0, 0, 100);
    }

    @Test
    void shouldWriteNothingBehindWhatCouldNotBeWritten() throws IOException {
        FaultyKernel kernel = new FaultyKernel(1).failing("pwrite", ENOSPC).share(1);
        FileSink sink = sink(new LibC(kernel));
        Future<Void> first = sink.write(bytes(0, 100));
        Future<Void> second = sink.write(bytes(100, 200));
        steps.runAll();
        assertInstanceOf(IOException.class, first.cause());
        assertSame(first.cause(), second.cause());
        kernel.share(0);
        Future<Void> third = sink.write(bytes(200, 300));
        steps.runAll();
        assertSame(first.cause(), third.cause());
        assertEquals(0, Files.size(path));
    }

    @Test
    void shouldFailWhereTheFileIsClosed() throws IOException {
        Future<Void> written = sink(Availability.LIBC).write(bytes(0, 100));
        file.close();
        assertFalse(written.isDone());
        steps.runAll();
        assertInstanceOf(ClosedChannelException.class, written.cause());
    }

    @Test
    void shouldFailWhereTheExecutorRefuses() throws IOException {
        FileSink sink = new FileSink(Availability.LIBC, file, 0, task -> {
            throw new RejectedExecutionException("full");
        });
        assertInstanceOf(
                RejectedExecutionException.class, sink.write(bytes(0, 100)).cause());
        assertInstanceOf(
                RejectedExecutionException.class, sink.write(bytes(100, 200)).cause());
        assertEquals(0, Files.size(path));
    }
}
