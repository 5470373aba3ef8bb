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
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An application of its own, with nothing on its path but the library, Netty and jnr: no Micrometer, for one. It is
 * compiled as a module that requires {@code io.transportsplice} alone, then run as a process.
 */
class NamedModuleIT {
    private static final List<String> NEEDED = List.of("netty-", "jnr-", "jffi-", "asm-");
    private static final Path SOURCES = Path.of("src/test/resources/module-app");

    @TempDir
    static Path app;

    @BeforeAll
    static void compile() {
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
                        app.toString(),
                        "-Xlint:all",
                        "-Werror",
                        "-d",
                        app.toString(),
                        SOURCES.resolve("module-info.java").toString(),
                        SOURCES.resolve("app/Main.java").toString());
        assertEquals(0, result, messages::toString);
    }

    @Test
    void shouldSpliceOnTheModulePath() throws Exception {
        String output = run("--module-path", path() + ":" + app, "--add-modules", nativeModule(), "-m", "app/app.Main");
        assertSpliced("io.transportsplice", output);
    }

    @Test
    void shouldSpliceWithoutFlightRecorder() throws Exception {
        String output =
                run("--limit-modules", "java.base,java.logging,jdk.unsupported", "-cp", path() + ":" + app, "app.Main");
        assertSpliced("null", output);
    }

    /** How jnr-ffi must work where no class can be made at run time, as in a native image. */
    @Test
    void shouldSpliceWithoutClassesMadeAtRunTime() throws Exception {
        String output = run("-Djnr.ffi.asm.enabled=false", "-cp", path() + ":" + app, "app.Main");
        assertSpliced("null", output);
    }

    private static void assertSpliced(String module, String output) {
        assertTrue(output.contains("module " + module + ", intact true, spliced 1048576\n"), output);
    }

    private static String path() {
        Stream<String> jars = Stream.of(System.getProperty("java.class.path").split(":", -1))
                .filter(entry -> entry.endsWith(".jar"))
                .filter(entry ->
                        NEEDED.stream().anyMatch(Path.of(entry).getFileName().toString()::startsWith));
        return Stream.concat(Stream.of(Library.path().toString()), jars).collect(Collectors.joining(":"));
    }

    /** Netty's native library is named by no other module. */
    private static String nativeModule() {
        boolean arm = System.getProperty("os.arch").equals("aarch64");
        return "io.netty.transport.epoll.linux." + (arm ? "aarch_64" : "x86_64");
    }

    private static String run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx128m");
        command.addAll(List.of(arguments));
        Path output = Files.createTempFile(app, "run", ".out");
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
}
