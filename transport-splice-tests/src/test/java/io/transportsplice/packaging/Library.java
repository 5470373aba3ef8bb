// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.packaging;

import io.transportsplice.SpliceMetrics;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The library as the tests have it: a jar, or a directory of classes where it has only been compiled. */
final class Library {
    private static final String JAVA_22 = "META-INF/versions/22";
    private static final Path SOURCES_22 = Path.of("../transport-splice/src/main/java22");

    private Library() {}

    static Path path() {
        try {
            return Path.of(SpliceMetrics.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    static String read(String name) throws IOException {
        return withRoot(root -> Files.readString(root.resolve(name)));
    }

    /** The names of all files, from the root on. */
    static List<String> files() throws IOException {
        return withRoot(root -> {
            try (Stream<Path> files = Files.walk(root)) {
                return files.filter(Files::isRegularFile)
                        .map(file -> root.relativize(file).toString())
                        .toList();
            }
        });
    }

    static boolean hasJava22() throws IOException {
        return files().stream().anyMatch(file -> file.startsWith(JAVA_22));
    }

    /**
     * A jar of it that has the classes for Java 22. Where it is none, or was built by an older JDK and lacks them, the
     * given one makes it, in the directory.
     */
    static Path forJava22(Jdk jdk, Path directory) throws IOException, InterruptedException {
        if (Files.isRegularFile(path()) && hasJava22()) {
            return path();
        }
        Path classes = Files.createDirectory(directory.resolve("library"));
        for (String file : files()) {
            Path copy = classes.resolve(file);
            Files.createDirectories(copy.getParent());
            withRoot(root -> Files.copy(root.resolve(file), copy));
        }
        if (!hasJava22()) {
            compileJava22(jdk, classes);
        }
        Path jar = directory.resolve("library.jar");
        Path manifest = classes.resolve("META-INF/MANIFEST.MF");
        jdk.run(
                "jar",
                "--create",
                "--file",
                jar.toString(),
                "--manifest",
                manifest.toString(),
                "-C",
                classes.toString(),
                ".");
        return jar;
    }

    private static void compileJava22(Jdk jdk, Path classes) throws IOException, InterruptedException {
        try (Stream<Path> sources = Files.walk(SOURCES_22)) {
            List<String> arguments = List.of("--release", "22", "-cp", classes + ":" + String.join(":", App.jars()));
            List<String> output = List.of("-d", classes.resolve(JAVA_22).toString());
            Stream<String> files = sources.map(Path::toString).filter(file -> file.endsWith(".java"));
            jdk.run(
                    "javac",
                    Stream.of(arguments.stream(), output.stream(), files)
                            .flatMap(all -> all)
                            .toArray(String[]::new));
        }
    }

    static <T> T withRoot(Reader<T> reader) throws IOException {
        if (Files.isDirectory(path())) {
            return reader.read(path());
        }
        try (FileSystem jar = FileSystems.newFileSystem(path())) {
            return reader.read(jar.getPath("/"));
        }
    }

    interface Reader<T> {
        T read(Path root) throws IOException;
    }
}
