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

    private static <T> T withRoot(Reader<T> reader) throws IOException {
        if (Files.isDirectory(path())) {
            return reader.read(path());
        }
        try (FileSystem jar = FileSystems.newFileSystem(path())) {
            return reader.read(jar.getPath("/"));
        }
    }

    private interface Reader<T> {
        T read(Path root) throws IOException;
    }
}
