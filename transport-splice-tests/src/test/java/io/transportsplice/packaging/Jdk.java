// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.packaging;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.testing.Ended;
import io.transportsplice.testing.Skip;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/** A JDK of this machine. */
record Jdk(Path home, int version) {
    /** The first on which Netty, too, leaves {@code sun.misc.Unsafe} alone unless it is told otherwise. */
    private static final int NEW = 25;

    private static final Path INSTALLED = Path.of("/usr/lib/jvm");

    static Jdk current() {
        return new Jdk(
                Path.of(System.getProperty("java.home")), Runtime.version().feature());
    }

    /**
     * The newest one, of Java 25 or later: of those in /usr/lib/jvm and those that an environment variable
     * {@code JAVA_HOME...} names, unless {@code -DnewestJdk=...} does. Where there is none the test is skipped, loudly.
     */
    static Jdk newest() throws IOException {
        String named = System.getProperty("newestJdk");
        if (named != null) {
            Jdk jdk = at(Path.of(named));
            assertTrue(jdk.version >= NEW, () -> "-DnewestJdk=" + named + " is no JDK of Java 25 or later");
            return jdk;
        }
        Jdk newest = current();
        for (Path home : homes()) {
            Jdk jdk = at(home);
            newest = jdk.version > newest.version ? jdk : newest;
        }
        Skip.unless(
                newest.version >= NEW,
                "no JDK of Java 25 or later, neither in " + INSTALLED + " nor by JAVA_HOME... or -DnewestJdk=...");
        return newest;
    }

    private static List<Path> homes() throws IOException {
        List<Path> homes = new ArrayList<>();
        for (Map.Entry<String, String> variable : System.getenv().entrySet()) {
            if (variable.getKey().startsWith("JAVA_HOME")) {
                homes.add(Path.of(variable.getValue()));
            }
        }
        if (Files.isDirectory(INSTALLED)) {
            try (DirectoryStream<Path> installed = Files.newDirectoryStream(INSTALLED)) {
                installed.forEach(homes::add);
            }
        }
        homes.sort(Comparator.naturalOrder());
        return homes;
    }

    /** Of version 0 if there is none. */
    private static Jdk at(Path home) throws IOException {
        Path release = home.resolve("release");
        if (!Files.isRegularFile(release) || !Files.isExecutable(home.resolve("bin/javac"))) {
            return new Jdk(home, 0);
        }
        Properties properties = new Properties();
        properties.load(new StringReader(Files.readString(release)));
        String version = properties.getProperty("JAVA_VERSION", "0").replace("\"", "");
        return new Jdk(home, Integer.parseInt(version.split("\\D", 2)[0]));
    }

    String program(String name) {
        return home.resolve("bin").resolve(name).toString();
    }

    /** Runs one of its programs, which must succeed. */
    void run(String program, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program(program)));
        command.addAll(List.of(arguments));
        Ended.of(Path.of("."), command).succeeded();
    }
}
