// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoEventLoop;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Carriage;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.StepExecutor;
import io.transportsplice.testing.TestRelay;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A file at the end of a transfer. Its source is one channel of a relay that does nothing; the other is not used. */
@ExtendWith(Baseline.class)
@Timeout(60)
class SpliceToFileTest {
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;
    private static final long ALL = Long.MAX_VALUE;
    private static final int ENOSPC = 28;

    @TempDir
    Path directory;

    private Path path;
    private FileDescriptor file;
    private final ExecutorService executor = Executors.newFixedThreadPool(3);
    private Rig rig;
    private Link link;
    private Channel source;

    @BeforeEach
    void open() throws IOException {
        path = directory.resolve("file");
        file = FileDescriptor.from(path.toString());
        rig = SpliceToTest.newRig();
    }

    @AfterEach
    void close() throws Exception {
        file.close();
        SpliceToTest.closeBoth(rig.relay().lastPair());
        rig.close();
        executor.shutdown();
        assertTrue(executor.awaitTermination(20, TimeUnit.SECONDS));
    }

    private void connect(Route route) throws IOException {
        link = rig.link(route);
        TestRelay.Pair pair = rig.relay().lastPair();
        source = route.up() ? pair.front() : pair.back();
    }

    private Future<Long> toFile(long offset, long bytes) throws InterruptedException {
        return begun(EpollSplice.spliceTo(source, file, offset, bytes, executor));
    }

    /** What comes before it has begun may be read by the source's own handlers, who have asked for it. */
    private <T> T begun(T transfer) throws InterruptedException {
        source.eventLoop().submit(() -> {}).sync();
        return transfer;
    }

    private void verifyFile(long offset, long from, long to) throws IOException {
        verify(link.forward(), Files.readAllBytes(path), offset, from, to);
    }

    private static void verify(Pattern pattern, byte[] all, long offset, long from, long to) {
        assertEquals(offset + to - from, all.length);
        pattern.verify(all, (int) offset, (int) (to - from), from);
    }

    private static long fallbacks(SpliceFallback reason) {
        return SpliceMetrics.snapshot().fallbacks(reason);
    }

    @ParameterizedTest
    @EnumSource(Route.class)
    void shouldWriteAllUntilTheEndOfTheInput(Route route) throws Exception {
        Carriage carriage = new Carriage();
        connect(route);
        Future<Long> written = toFile(0, ALL);
        link.source().send(link.forward(), 0, 16 * MIB, 64 * KIB);
        link.source().halfClose();
        assertEquals(16 * MIB, SpliceToTest.await(written));
        verifyFile(0, 0, 16 * MIB);
        carriage.awaitAtLeast(15 * MIB);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 4096, 65_536, 5 * MIB + 1})
    void shouldWriteExactlySoManyBytesWhereTheyBelong(long bytes) throws Exception {
        Files.write(path, new byte[1000]);
        connect(Route.TCP_TCP_UP);
        Future<Long> first = toFile(1000, bytes);
        link.source().send(link.forward(), 0, bytes, 64 * KIB);
        assertEquals(bytes, SpliceToTest.await(first));
        Future<Long> second = toFile(1000 + bytes, bytes);
        link.source().send(link.forward(), bytes, 2 * bytes + 100_000, 64 * KIB);
        assertEquals(bytes, SpliceToTest.await(second));
        verifyFile(1000, 0, 2 * bytes);
        source.config().setAutoRead(true);
        Await.until(
                "the rest is read by the handlers",
                source.pipeline().get(SpliceToTest.Rest.class).bytes::get,
                rest -> rest == 100_000);
    }

    @Test
    void shouldWriteNothingWhenAskedForNothing() throws Exception {
        connect(Route.TCP_TCP_UP);
        assertEquals(0, SpliceToTest.await(toFile(0, 0)));
        assertThrows(IllegalArgumentException.class, () -> toFile(-1, 1));
        assertThrows(IllegalArgumentException.class, () -> toFile(0, -1));
        assertEquals(0, Files.size(path));
    }

    /** splice(2) refuses such a file, and pwrite(2) appends to it whatever the offset. */
    @Test
    void shouldCopyIntoAFileThatIsAppendedTo() throws Exception {
        long refused = fallbacks(SpliceFallback.DRAIN_UNSUPPORTED);
        connect(Route.TCP_TCP_UP);
        try (FileChannel appended = FileChannel.open(path, StandardOpenOption.APPEND)) {
            FileDescriptor number = numberOf(path);
            Future<Long> written = begun(EpollSplice.spliceTo(source, number, 0, ALL, executor));
            link.source().send(link.forward(), 0, 4 * MIB, 64 * KIB);
            link.source().halfClose();
            assertEquals(4 * MIB, SpliceToTest.await(written));
            assertEquals(4 * MIB, appended.size());
        }
        verifyFile(0, 0, 4 * MIB);
        assertTrue(fallbacks(SpliceFallback.DRAIN_UNSUPPORTED) > refused);
    }

    /** The JDK does not tell a channel's number; the other one that leads to the file is it. */
    private FileDescriptor numberOf(Path opened) throws IOException {
        try (var all = Files.list(Path.of("/proc/self/fd"))) {
            int number = all.filter(entry -> leadsTo(entry, opened))
                    .mapToInt(entry -> Integer.parseInt(entry.getFileName().toString()))
                    .filter(other -> other != file.intValue())
                    .findFirst()
                    .orElseThrow();
            return new FileDescriptor(number);
        }
    }

    private static boolean leadsTo(Path entry, Path opened) {
        try {
            return Files.readSymbolicLink(entry).equals(opened.toRealPath());
        } catch (IOException e) {
            return false; // closed meanwhile, as the listing's own
        }
    }

    @Test
    void shouldFailWhereTheDiskIsFullAndGiveTheSourceBack() throws Exception {
        connect(Route.TCP_TCP_UP);
        FileDescriptor full = FileDescriptor.from("/dev/full");
        Future<Long> written = begun(EpollSplice.spliceTo(source, full, 0, ALL, executor));
        link.source().send(link.forward(), 0, 100, 100);
        Throwable failure = written.await().cause();
        full.close();
        assertInstanceOf(IOException.class, failure);
        assertTrue(failure.getMessage().contains("No space left on device"), failure::toString);
        link.source().send(link.forward(), 100, 2 * MIB, 64 * KIB);
        link.source().halfClose();
        assertEquals(2 * MIB - 100, SpliceToTest.await(toFile(0, ALL)));
        verifyFile(0, 100, 2 * MIB);
    }

    @Test
    void shouldFailWhereThePipeCannotBeDrained() throws Exception {
        FaultyKernel kernel = new FaultyKernel(1).failing("drainToFile", ENOSPC).share(1);
        for (EventExecutor loop : rig.relay(Route.TCP_TCP_UP).group()) {
            SplicingEventLoop.of((IoEventLoop) loop, new LibC(kernel));
        }
        connect(Route.TCP_TCP_UP);
        Future<Long> written = toFile(0, ALL);
        link.source().send(link.forward(), 0, MIB, 64 * KIB);
        assertInstanceOf(IOException.class, written.await().cause());
        assertEquals(0, Files.size(path));
        assertTrue(kernel.injected("drainToFile") > 0);
    }

    /** One is being written, one waits, and the rest stays in the sockets. */
    @Test
    void shouldReadNoFasterThanTheFileIsWritten() throws Exception {
        rig.smallBuffers();
        connect(Route.TCP_TCP_UP);
        StepExecutor steps = new StepExecutor();
        Future<Long> written = begun(EpollSplice.spliceTo(source, file, 0, ALL, steps));
        long sent = link.fillUp(64 * MIB);
        assertTrue(sent < 16 * MIB, () -> "took " + sent);
        link.source().halfClose();
        awaitWritten(written, steps);
        assertEquals(sent, written.getNow());
        verifyFile(0, 0, sent);
    }

    private static void awaitWritten(Future<Long> written, StepExecutor steps) {
        Await.until("it is written", () -> {
            steps.runAll();
            return written.isDone();
        });
    }

    @Test
    void shouldWriteWhatWasTakenWhenCancelled() throws Exception {
        connect(Route.TCP_TCP_UP);
        StepExecutor steps = new StepExecutor();
        Future<Long> written = begun(EpollSplice.spliceTo(source, file, 0, ALL, steps));
        java.util.concurrent.Future<?> sending = rig.async(() -> {
            link.source().send(link.forward(), 0, 8 * MIB, 64 * KIB);
            link.source().halfClose();
        });
        steps.awaitOne();
        assertTrue(written.cancel(false));
        Await.until("the transfer has let go of it, though a message may have been asked for", () -> {
            steps.runAll();
            return Boolean.FALSE.equals(source.config().getOption(ChannelOption.ALLOW_HALF_CLOSURE));
        });
        long taken = Files.size(path);
        assertTrue(taken > 0);
        assertEquals(8 * MIB - taken, SpliceToTest.await(toFile(taken, ALL)));
        Rig.await(sending);
        verifyFile(0, 0, 8 * MIB);
    }

    @Test
    void shouldWriteWhatWasTakenAndFailWhenTheSourceIsReset() throws Exception {
        connect(Route.TCP_TCP_UP);
        StepExecutor steps = new StepExecutor();
        Future<Long> written = begun(EpollSplice.spliceTo(source, file, 0, ALL, steps));
        link.source().send(link.forward(), 0, 64 * KIB, 64 * KIB);
        steps.awaitOne();
        link.source().reset();
        awaitWritten(written, steps);
        assertInstanceOf(IOException.class, written.cause());
        Await.until("closed, as Netty would have", () -> !source.isOpen());
        long taken = Files.size(path);
        assertTrue(taken > 0);
        verifyFile(0, 0, taken);
    }
}
