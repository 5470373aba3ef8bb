// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.examples.AccessLog.Format;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class AccessLogTest {
    private static AccessEntry entry(int up) {
        return new AccessEntry(Instant.EPOCH, 1, "a:1", "b:2", (long) up, 0L, null, "finished", null, null);
    }

    /** Takes nothing until it is opened. */
    private static final class Stalled extends OutputStream {
        private final CompletableFuture<Void> opened = new CompletableFuture<>();
        private final ByteArrayOutputStream taken = new ByteArrayOutputStream();

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int length) {
            opened.join(); // as a write, it cannot be interrupted
            taken.write(bytes, from, length);
        }

        long lines() {
            return taken.toString(StandardCharsets.UTF_8).lines().count();
        }
    }

    @Test
    void shouldNeitherWaitForASlowReaderNorLoseALineUncounted() throws Exception {
        Stalled out = new Stalled();
        AccessLog log = new AccessLog(AccessLogFile.open(() -> out), Format.TEXT);
        int count = 4_000;
        List<Thread> threads = IntStream.range(0, 3)
                .mapToObj(i -> new Thread(() -> IntStream.range(0, count).forEach(up -> log.write(entry(up)))))
                .toList();
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        long lost = log.lost();
        assertTrue(lost > 0, "nothing lost");
        out.opened.complete(null);
        long total = threads.size() * (long) count;
        await(() -> lost + out.lines() >= total); // closing has less patience
        log.close();
        assertEquals(total, lost + out.lines());
    }

    @ParameterizedTest
    @ValueSource(strings = {"json", "text"})
    void shouldAppendToItsFile(String format, @TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("log"), "before\n");
        try (AccessLog log = AccessLog.open(file.toString(), Format.valueOf(format.toUpperCase(Locale.ROOT)))) {
            log.write(entry(1));
            log.write(entry(2));
        }
        List<String> lines = Files.readAllLines(file);
        assertEquals("before", lines.get(0));
        assertEquals(
                format.equals("json")
                        ? List.of(entry(1).json(), entry(2).json())
                        : List.of(entry(1).text(), entry(2).text()),
                lines.subList(1, lines.size()));
    }

    @Test
    void shouldBeginALineOfItsOwnBehindOneThatIsCut(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("log"), "cut");
        try (AccessLog log = AccessLog.open(file.toString(), Format.TEXT)) {
            log.write(entry(1));
        }
        assertEquals(List.of("cut", entry(1).text()), Files.readAllLines(file));
    }

    @Test
    void shouldLoseNoLineWhenItsFileIsReplacedAgainAndAgain(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("log");
        int count = 5_000; // the queue has room for all
        try (AccessLog log = AccessLog.open(file.toString(), Format.TEXT)) {
            Thread writer = new Thread(() -> IntStream.range(0, count).forEach(up -> log.write(entry(up))));
            writer.start();
            for (int i = 0; i < 20; i++) {
                await(() -> (Files.exists(file) && Files.size(file) > 0) || !writer.isAlive());
                if (Files.exists(file)) {
                    Files.move(file, directory.resolve("log." + i));
                }
                log.reopen();
            }
            writer.join();
            log.write(entry(count));
            await(() -> lines(directory).size() > count);
            assertEquals(0, log.lost() + log.failures());
        }
        assertEquals(count + 1, lines(directory).size());
        assertEquals(
                IntStream.rangeClosed(0, count).mapToObj(up -> entry(up).text()).collect(Collectors.toSet()),
                Set.copyOf(lines(directory)));
        assertTrue(Files.readString(file).endsWith(entry(count).text() + "\n"), "the last line is not in the newest");
    }

    private static List<String> lines(Path directory) throws IOException {
        List<String> lines = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                lines.addAll(Files.readAllLines(file));
            }
        }
        return lines;
    }

    private interface Condition {
        boolean holds() throws IOException;
    }

    private static void await(Condition condition) throws IOException {
        while (!condition.holds()) { // until the test's timeout
            LockSupport.parkNanos(1_000_000);
        }
    }

    @Test
    void shouldCountWhatCannotBeWrittenAndGoOnOnceItCan(@TempDir Path directory) throws IOException {
        Path place = Files.createDirectory(directory.resolve("place"));
        Path file = place.resolve("log");
        try (AccessLog log = AccessLog.open(file.toString(), Format.TEXT)) {
            Files.delete(file);
            Files.delete(place);
            log.reopen();
            log.write(entry(1));
            log.write(entry(2));
            await(() -> log.failures() == 2);
            Files.createDirectory(place);
            log.write(entry(3));
            await(() -> Files.exists(file) && Files.size(file) > 0);
            assertEquals(2, log.failures());
            assertEquals(0, log.lost());
        }
        assertEquals(List.of(entry(3).text()), Files.readAllLines(file));
    }

    @Test
    void shouldSayThatAFileCannotBeWritten(@TempDir Path directory) {
        IOException e = assertThrows(IOException.class, () -> AccessLog.open(directory.toString(), Format.JSON));
        assertTrue(e.getMessage().startsWith("cannot write the access log"), e::toString);
    }
}
