// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.packaging;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The application as a bundle, in an OSGi container in which everything else is a bundle, too. What is none when it is
 * published (jffi and the two assemblers of jnr) is made one here, as a container's {@code wrap:} does.
 */
class OsgiIT {
    private static final Map<String, String> NAMES =
            Map.of("jffi", "com.github.jnr.jffi", "jnr-a64asm", "jnr.a64asm", "jnr-x86asm", "jnr.x86asm");

    @TempDir
    Path directory;

    @Test
    void shouldSpliceAsABundle() throws Exception {
        assumeTrue(Files.isRegularFile(Library.path()), "the library has not been packaged: it is no bundle");
        App app = App.compile(Files.createDirectory(directory.resolve("classes")));
        List<String> arguments = new ArrayList<>(List.of(
                "-cp",
                Stream.concat(felix(), Stream.of("target/test-classes")).collect(Collectors.joining(":")),
                OsgiContainer.class.getName(),
                directory.resolve("container").toString(),
                App.MAIN));
        arguments.add(Library.path().toString());
        for (String jar : App.jars()) {
            if (isNeeded(jar)) {
                arguments.add(isBundle(jar) ? jar : wrap(Path.of(jar)).toString());
            }
        }
        arguments.add(bundleOf(app).toString());
        String said = App.run(arguments.toArray(new String[0]));
        App.assertSpliced("null", said);
        boolean ffm = Library.hasJava22() && Jdk.current().version() >= 22;
        assertTrue(said.contains(ffm ? "kernel ffm\n" : "kernel jnr\n"), said);
    }

    private static Stream<String> felix() {
        return App.classPath()
                .filter(jar -> Path.of(jar).getFileName().toString().startsWith("org.apache.felix.framework"));
    }

    /** What our bundle imports, and what that does. */
    private static boolean isNeeded(String jar) {
        String name = Path.of(jar).getFileName().toString();
        return !name.startsWith("netty-")
                || Stream.of(
                                "common",
                                "buffer",
                                "resolver-4",
                                "transport-4",
                                "handler-4",
                                "codec-base",
                                "-unix-",
                                "epoll")
                        .anyMatch(name::contains);
    }

    private static boolean isBundle(String jar) throws IOException {
        try (JarFile file = new JarFile(jar)) {
            Manifest manifest = file.getManifest();
            return manifest != null && manifest.getMainAttributes().getValue("Bundle-SymbolicName") != null;
        }
    }

    private Path wrap(Path jar) throws IOException {
        String file = jar.getFileName().toString();
        String name = NAMES.get(file.replaceFirst("-\\d.*", ""));
        Path wrapped = directory.resolve(file);
        try (JarFile from = new JarFile(jar.toFile())) {
            List<JarEntry> entries = from.stream()
                    .filter(entry -> !entry.isDirectory() && !entry.getName().equals(JarFile.MANIFEST_NAME))
                    .toList();
            Collection<String> packages = new TreeSet<>();
            for (JarEntry entry : entries) {
                if (entry.getName().endsWith(".class") && !entry.getName().startsWith("META-INF")) {
                    packages.add(entry.getName().replaceFirst("/[^/]*$", "").replace('/', '.'));
                }
            }
            packages.remove("module-info.class");
            Manifest manifest = manifest(name);
            manifest.getMainAttributes().putValue("Export-Package", String.join(",", packages));
            try (OutputStream out = Files.newOutputStream(wrapped);
                    JarOutputStream to = new JarOutputStream(out, manifest)) {
                for (JarEntry entry : entries) {
                    to.putNextEntry(new JarEntry(entry.getName()));
                    from.getInputStream(entry).transferTo(to);
                }
            }
        }
        return wrapped;
    }

    private Path bundleOf(App app) throws IOException {
        Path jar = directory.resolve("app.jar");
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream to = new JarOutputStream(out, manifest("app"));
                Stream<Path> files = Files.walk(app.classes().resolve("app"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                to.putNextEntry(new JarEntry(app.classes().relativize(file).toString()));
                Files.copy(file, to);
            }
        }
        return jar;
    }

    private static Manifest manifest(String name) {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("Bundle-ManifestVersion", "2");
        main.putValue("Bundle-SymbolicName", name);
        main.putValue("DynamicImport-Package", "*");
        return manifest;
    }
}
