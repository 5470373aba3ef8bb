// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.packaging;

import static java.util.stream.Collectors.toCollection;
import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Which class of the library names which: arrows that point one way, as docs/how-it-works.md says. */
class ArrowsTest {
    /** Those that are one thing in parts. */
    private static final Set<Set<String>> ONE_IN_PARTS = Set.of(
            Set.of("ClaimedSource", "InputQueue"), Set.of("relay/Direction", "relay/RelayPair", "relay/RelaySide"));

    /** As a class file names it, up to the class that it is nested in. */
    private static final Pattern NAME = Pattern.compile("io/transportsplice/([A-Za-z/]+)");

    @Test
    void shouldPointOneWay() throws IOException {
        Map<String, Set<String>> named = named();
        assertTrue(named.get("EpollSpliceHandler").contains("SpliceInput"), named::toString);
        Map<String, Set<String>> known = new TreeMap<>();
        named.keySet().forEach(name -> known.put(name, reached(name, named)));
        Set<Set<String>> rings = known.keySet().stream()
                .filter(name -> known.get(name).contains(name))
                .map(name -> ring(name, known))
                .collect(toSet());
        assertEquals(ONE_IN_PARTS, rings);
    }

    private static Set<String> ring(String name, Map<String, Set<String>> known) {
        return known.get(name).stream()
                .filter(other -> known.get(other).contains(name))
                .collect(toSet());
    }

    private static Set<String> reached(String from, Map<String, Set<String>> named) {
        Set<String> reached = new TreeSet<>(named.get(from));
        for (List<String> last = List.copyOf(reached); !last.isEmpty(); ) {
            last = last.stream()
                    .flatMap(name -> named.get(name).stream())
                    .filter(reached::add)
                    .toList();
        }
        return reached;
    }

    private static Map<String, Set<String>> named() throws IOException {
        Map<String, Set<String>> named = new TreeMap<>();
        Library.withRoot(root -> {
            Path home = root.resolve("io/transportsplice");
            try (Stream<Path> files = Files.walk(home)) {
                for (Path file : files.toList()) {
                    String name = home.relativize(file).toString();
                    if (name.endsWith(".class")) {
                        name = name.replaceFirst("(\\$.*)?\\.class$", "");
                        named.computeIfAbsent(name, absent -> new TreeSet<>()).addAll(names(file, name));
                    }
                }
            }
            return named;
        });
        named.values().forEach(names -> names.retainAll(named.keySet()));
        return named;
    }

    private static Set<String> names(Path file, String own) throws IOException {
        String constants = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        return NAME.matcher(constants)
                .results()
                .map((MatchResult match) -> match.group(1))
                .filter(name -> !name.equals(own))
                .collect(toCollection(TreeSet::new));
    }
}
