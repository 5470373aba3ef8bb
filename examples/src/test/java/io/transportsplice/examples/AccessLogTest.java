package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import io.transportsplice.examples.AccessLog.Format;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class AccessLogTest {
    private static AccessEntry entry(int up) {
        return new AccessEntry(Instant.EPOCH, 1, "a:1", "b:2", (long) up, 0L, null, "finished", null);
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
        OutputStreamAppender<ILoggingEvent> appender = new OutputStreamAppender<>();
        appender.setOutputStream(out);
        AccessLog log = new AccessLog(appender, Format.TEXT);
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
        while (lost + out.lines() < total) { // until the test's timeout; closing has less patience
            LockSupport.parkNanos(1_000_000);
        }
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
    void shouldSayThatAFileCannotBeWritten(@TempDir Path directory) {
        IOException e = assertThrows(IOException.class, () -> AccessLog.open(directory.toString(), Format.JSON));
        assertTrue(e.getMessage().startsWith("cannot write the access log"), e::toString);
    }
}
