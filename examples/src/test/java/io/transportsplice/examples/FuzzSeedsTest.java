// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** What the fuzzers begin with, and whatever they have found, once: the profile {@code fuzz} goes on from there. */
@Timeout(60)
class FuzzSeedsTest {
    private static final Map<Class<?>, Target> TARGETS = Map.of(
            ClientHelloFuzz.class, ClientHelloFuzz::fuzzerTestOneInput,
            ConnectFuzz.class, ConnectFuzz::fuzzerTestOneInput,
            HttpRequestsFuzz.class, HttpRequestsFuzz::fuzzerTestOneInput,
            HttpResponsesFuzz.class, HttpResponsesFuzz::fuzzerTestOneInput,
            OptionsFuzz.class, OptionsFuzz::fuzzerTestOneInput,
            ProxyProtocolFuzz.class, ProxyProtocolFuzz::fuzzerTestOneInput,
            SocksFuzz.class, SocksFuzz::fuzzerTestOneInput);

    private interface Target {
        void run(byte[] input) throws IOException;
    }

    @TestFactory
    Stream<DynamicContainer> shouldComeToTheSameInAnyPiecesAndLeaveNothing() {
        return TARGETS.entrySet().stream()
                .map(entry -> DynamicContainer.dynamicContainer(
                        entry.getKey().getSimpleName(), tests(entry.getKey(), entry.getValue())));
    }

    private static Stream<DynamicTest> tests(Class<?> type, Target target) {
        return seeds(type).stream()
                .map(seed -> DynamicTest.dynamicTest(
                        seed.getFileName().toString(), () -> target.run(Files.readAllBytes(seed))));
    }

    private static List<Path> seeds(Class<?> type) {
        try (Stream<Path> files =
                Files.list(Path.of(Objects.requireNonNull(type.getResource("/fuzz/" + type.getSimpleName()))
                        .toURI()))) {
            return files.sorted().toList();
        } catch (IOException | URISyntaxException e) {
            throw new AssertionError(e);
        }
    }
}
