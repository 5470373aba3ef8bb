// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** With Netty 4.1, whose event loops are others, on the class path. */
class OldNettyIT {
    private static final Path NETTY = Path.of("target/old-netty");

    @Test
    void shouldSayThatItNeedsAnotherNettyAndPassEverythingThrough() throws Exception {
        String output = App.run(quiet("-cp", path(), OldNetty.class.getName()));
        assertTrue(output.contains("available: false, "), output);
        assertTrue(output.contains("Netty 4.2 is needed"), output);
        assertTrue(output.contains("intact: true"), output);
        List<String> warnings =
                output.lines().filter(line -> line.startsWith("WARNING: ")).toList();
        assertEquals(1, warnings.size(), output);
        assertTrue(warnings.get(0).contains("Not splicing: UNAVAILABLE"), output);
        assertFalse(output.contains("handlerAdded() has thrown"), output);
    }

    /** Of what Netty 4.1 does, and newer JVMs warn of. */
    private static String[] quiet(String... arguments) {
        List<String> leave = Runtime.version().feature() < 24
                ? List.of()
                : List.of("--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED");
        return Stream.concat(leave.stream(), Stream.of(arguments)).toArray(String[]::new);
    }

    /** This one's path with another Netty. */
    private static String path() throws IOException {
        Stream<String> others = Stream.of(System.getProperty("java.class.path").split(":", -1))
                .filter(entry -> !Path.of(entry).getFileName().toString().startsWith("netty-"));
        try (Stream<Path> old = Files.list(NETTY)) {
            return Stream.concat(others, old.map(Path::toString)).collect(Collectors.joining(":"));
        }
    }
}
