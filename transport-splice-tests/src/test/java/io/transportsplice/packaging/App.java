package io.transportsplice.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;

/**
 * An application of its own, with nothing on its path but the library, Netty and jnr: no Micrometer, for one. It is
 * compiled as a module that requires {@code io.transportsplice} alone.
 */
record App(Path classes) {
    static final String MAIN = "app.Main";
    private static final List<String> NEEDED = List.of("netty-", "jnr-", "jffi-", "asm-");
    private static final Path SOURCES = Path.of("src/test/resources/module-app");

    static App compile(Path directory) {
        StringWriter messages = new StringWriter();
        PrintWriter printer = new PrintWriter(messages);
        int result = ToolProvider.findFirst("javac")
                .orElseThrow()
                .run(
                        printer,
                        printer,
                        "--module-path",
                        path(),
                        "--class-path",
                        directory.toString(),
                        "-Xlint:all",
                        "-Werror",
                        "-d",
                        directory.toString(),
                        SOURCES.resolve("module-info.java").toString(),
                        SOURCES.resolve("app/Main.java").toString());
        assertEquals(0, result, messages::toString);
        return new App(directory);
    }

    /** The library and the jars that it needs. */
    static String path() {
        return String.join(
                ":",
                Stream.concat(Stream.of(Library.path().toString()), jars().stream())
                        .toList());
    }

    static List<String> jars() {
        return classPath()
                .filter(entry ->
                        NEEDED.stream().anyMatch(Path.of(entry).getFileName().toString()::startsWith))
                .toList();
    }

    static Stream<String> classPath() {
        return Stream.of(System.getProperty("java.class.path").split(":", -1)).filter(entry -> entry.endsWith(".jar"));
    }

    /** Runs a JVM with these arguments until it ends; returns what it said. */
    String run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx128m");
        command.addAll(List.of(arguments));
        Path output = Files.createTempFile(classes, "run", ".out");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertTrue(process.waitFor(60, TimeUnit.SECONDS), () -> "still running: " + command);
        } finally {
            process.destroyForcibly();
        }
        String text = Files.readString(output);
        assertEquals(0, process.exitValue(), text);
        return text;
    }

    static void assertSpliced(String module, String output) {
        assertTrue(output.contains("module " + module + ", intact true, spliced 1048576\n"), output);
    }
}
