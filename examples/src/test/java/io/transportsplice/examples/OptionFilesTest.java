// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

class OptionFilesTest {
    @TempDir
    private Path directory;

    private final StringWriter err = new StringWriter();
    private final Echo echo = new Echo();

    @Command(name = "echo")
    private static final class Echo implements Runnable {
        @Option(names = "--to")
        private List<String> to;

        @Override
        public void run() {}
    }

    private int run(Object command, String... args) {
        return Conversions.register(new CommandLine(command))
                .setErr(new PrintWriter(err, true))
                .execute(args);
    }

    private String file(String text) throws IOException {
        return "@" + Files.writeString(directory.resolve("options"), text);
    }

    private void assertReads(List<String> expected, String text) throws IOException {
        assertEquals(0, run(echo, file(text)), err::toString);
        assertEquals(expected, echo.to);
    }

    @Test
    void shouldReadAnyNumberOfWordsOnALine() throws IOException {
        assertReads(List.of("a", "b", "c"), "--to a --to b\n\t--to\r\n  c\r\n");
    }

    @Test
    void shouldSkipCommentsThatBeginAWord() throws IOException {
        assertReads(List.of("a", "b"), "# --to x\n--to a # --to y\n#--to z\n--to b #");
    }

    @Test
    void shouldTakeAHashInAWordForWhatItIs() throws IOException {
        assertReads(List.of("unix:/run/a#b.sock", "#c"), "--to unix:/run/a#b.sock\n--to '#c'\n");
    }

    @Test
    void shouldReadWhatIsQuoted() throws IOException {
        assertReads(List.of("unix:/run/a b", "it's"), "--to \"unix:/run/a b\" --to \"it's\"");
    }

    @Test
    void shouldReadWhatIsQuotedWithinAWord() throws IOException {
        assertReads(List.of("GET / HTTP/1.0\\r\\n", "a bc # d"), "--to='GET / HTTP/1.0\\r\\n' --to=\"a b\"c' # d'");
        assertReads(List.of("", "a"), "--to '' --to ''a\"\"");
        assertReads(List.of("'a\n\"'"), "--to \"'a\n\"'\"'\"'\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--to a\n--to 'b\n", "# it's\n--to b'c", "--to '\n' --to \"a'\n'\n", "--to a\r\n--to it's"})
    void shouldComplainOfAQuoteThatIsNotClosed(String text) throws IOException {
        assertComplains(file(text), "line 2: a quote is not closed");
    }

    @Test
    void shouldSkipAByteOrderMark() throws IOException {
        assertReads(List.of("a"), "\uFEFF--to a\n");
        assertReads(List.of("b"), "\uFEFF# a comment\n--to b\n");
    }

    @Test
    void shouldReadAFileThatAFileNames() throws IOException {
        Path inner = Files.writeString(directory.resolve("inner"), "--to b");
        assertReads(List.of("a", "b", "c"), "--to a @" + inner + " --to c");
    }

    @Test
    void shouldComplainOfAFileThatNamesItself() throws IOException {
        assertComplains(file("@" + directory.resolve("options")), "without an end");
    }

    @Test
    void shouldComplainOfWhatIsNotText() throws IOException {
        Path binary = Files.write(directory.resolve("binary"), "--to \u00e9".getBytes(StandardCharsets.ISO_8859_1));
        assertComplains("@" + binary, "it is not UTF-8");
    }

    @Test
    void shouldComplainOfADirectory() {
        assertComplains("@" + directory, "Is a directory");
    }

    @ParameterizedTest
    @ValueSource(strings = {"@no-such-file", "@no-such-directory/file", "@\0"})
    void shouldComplainOfAMissingFile(String missing) {
        assertComplains(missing, "");
    }

    @Test
    void shouldComplainOfAnEmptyName() {
        assertComplains("@", "");
    }

    private void assertComplains(String arg, String why) {
        assertEquals(2, run(echo, arg));
        String complaint = err.toString();
        assertEquals(1, complaint.lines().count(), complaint);
        assertTrue(complaint.startsWith("echo: cannot read " + arg + ": ") && complaint.contains(why), complaint);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp-proxy @missing", "@missing", "tcp-proxy --listen 127.0.0.1:0 @/"})
    void shouldComplainForEachProxy(String line) {
        CommandLine command = Proxies.commandLine().setErr(new PrintWriter(err, true));
        assertEquals(2, command.execute(line.split(" ")));
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertTrue(err.toString().contains(": cannot read @"), err::toString);
    }
}
