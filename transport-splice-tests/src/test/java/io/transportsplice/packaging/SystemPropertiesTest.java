// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.transportsplice.SpliceOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The system properties that the library reads are those that docs/tuning.md lists, with their defaults. */
class SystemPropertiesTest {
    private static final Path SOURCES = Path.of("../transport-splice/src/main/java");
    private static final Path TABLE = Path.of("../docs/tuning.md");

    /** Where a property is read. */
    private static final Pattern READ = Pattern.compile("SystemProp(?:erties|ertyUtil)\\s*\\.\\w+\\(\\s*\"([\\w.]+)\"");

    private static final Pattern ROW = Pattern.compile("\\| `io\\.transportsplice\\.(\\w+)` \\| `(\\S+)` \\| .*");

    @Test
    void shouldBeListedAllAndNoOthers() throws IOException {
        TreeSet<String> read = new TreeSet<>();
        try (Stream<Path> files = Files.walk(SOURCES)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Matcher matcher = READ.matcher(Files.readString(file));
                while (matcher.find()) {
                    read.add(matcher.group(1).replaceFirst("^io\\.transportsplice\\.", ""));
                }
            }
        }
        assertEquals(read, table().keySet());
    }

    @Test
    void shouldBeListedWithTheirDefaults() throws IOException {
        SpliceOptions defaults = SpliceOptions.defaults();
        Map<String, Object> expected = Map.of(
                "policy", defaults.policy(),
                "pipeCapacity", defaults.pipeCapacity(),
                "maxPooledPipes", defaults.maxPooledPipes(),
                "maxInFlight", defaults.maxInFlight());
        Map<String, String> table = table();
        expected.forEach((name, value) -> assertEquals(String.valueOf(value), table.get(name), name));
    }

    private static Map<String, String> table() throws IOException {
        Map<String, String> rows = new TreeMap<>();
        List<String> lines = Files.readAllLines(TABLE);
        for (String line : lines) {
            Matcher matcher = ROW.matcher(line);
            if (matcher.matches()) {
                rows.put(matcher.group(1), matcher.group(2));
            }
        }
        return rows;
    }
}
