// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.testing.Ended;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
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
        return path(Library.path(), jars());
    }

    static String path(Path library, List<String> jars) {
        return library + ":" + String.join(":", jars);
    }

    static List<String> jars() {
        return classPath()
                .filter(entry ->
                        NEEDED.stream().anyMatch(Path.of(entry).getFileName().toString()::startsWith))
                .toList();
    }

    /** All that the tests have. */
    static String wholePath() {
        return path(Library.path(), classPath().toList());
    }

    static Stream<String> classPath() {
        return Stream.of(System.getProperty("java.class.path").split(":", -1)).filter(entry -> entry.endsWith(".jar"));
    }

    /** Netty's native library is named by no other module. */
    static String nativeModule() {
        boolean arm = System.getProperty("os.arch").equals("aarch64");
        return "io.netty.transport.epoll.linux." + (arm ? "aarch_64" : "x86_64");
    }

    /** Runs a JVM with these arguments until it ends, which must be success; returns what it said. */
    static String run(String... arguments) throws IOException, InterruptedException {
        return run(Jdk.current(), arguments).succeeded();
    }

    static Ended run(Jdk jdk, String... arguments) throws IOException, InterruptedException {
        return Ended.of(Path.of("."), command(jdk, arguments));
    }

    static List<String> command(Jdk jdk, String... arguments) {
        return Stream.concat(Stream.of(jdk.program("java"), "-Xmx128m"), Stream.of(arguments))
                .toList();
    }

    /** What it says once it has spliced, the module that the library is in, and by what. */
    static String said(String module) {
        return "module " + module + ", intact true, spliced 4194304, kernel ";
    }

    static void assertSpliced(String module, String output) {
        assertTrue(output.contains(said(module)), output);
    }
}
