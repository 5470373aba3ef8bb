// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.lang.reflect.Executable;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Everything that the metadata for GraalVM's native image names is there, under that name, in the versions used. */
class NativeImageMetadataTest {
    private static final String DIRECTORY = "META-INF/native-image/io.transportsplice/transport-splice/";
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    @Test
    void shouldConsistOfTheFilesThatNativeImageReads() throws Exception {
        Set<String> names = new TreeSet<>();
        for (String file : Library.files()) {
            if (file.startsWith("META-INF/native-image/")) {
                names.add(file);
            }
        }
        assertEquals(
                Set.of(
                        DIRECTORY + "jni-config.json",
                        DIRECTORY + "proxy-config.json",
                        DIRECTORY + "reflect-config.json",
                        DIRECTORY + "resource-config.json"),
                names);
    }

    @ParameterizedTest
    @ValueSource(strings = {"reflect-config.json", "jni-config.json"})
    void shouldNameClassesWithMembersThatExist(String file) throws Exception {
        JsonNode entries = read(file);
        assertTrue(entries.size() > 0);
        for (JsonNode entry : entries) {
            Class<?> type = type(entry.get("name").asText());
            for (JsonNode field : entry.path("fields")) {
                assertNotNull(type.getDeclaredField(field.get("name").asText()));
            }
            for (JsonNode method : entry.path("methods")) {
                assertNotNull(executable(type, method));
            }
            List<String> keys = List.of("name", "fields", "methods", "allPublicMethods");
            entry.fieldNames().forEachRemaining(key -> assertTrue(keys.contains(key), key));
        }
    }

    @Test
    void shouldNameInterfacesThatAProxyCanHave() throws Exception {
        JsonNode entries = read("proxy-config.json");
        assertTrue(entries.size() > 0);
        for (JsonNode entry : entries) {
            Class<?>[] interfaces = StreamSupport.stream(entry.get("interfaces").spliterator(), false)
                    .map(JsonNode::asText)
                    .map(NativeImageMetadataTest::type)
                    .toArray(Class<?>[]::new);
            assertNotNull(Proxy.newProxyInstance(
                    interfaces[0].getClassLoader(), interfaces, (proxy, method, arguments) -> null));
        }
    }

    @Test
    void shouldNameResourcesThatExist() throws Exception {
        JsonNode entries = read("resource-config.json").path("resources").path("includes");
        assertTrue(entries.size() > 0);
        for (JsonNode entry : entries) {
            String pattern = entry.get("pattern").asText();
            assertTrue(pattern.startsWith("\\Q") && pattern.endsWith("\\E"), pattern);
            String name = pattern.substring(2, pattern.length() - 2);
            assertNotNull(getClass().getClassLoader().getResource(name), name);
        }
    }

    private static JsonNode read(String file) throws IOException {
        return JSON.readTree(Library.read(DIRECTORY + file));
    }

    private static Executable executable(Class<?> type, JsonNode method) throws NoSuchMethodException {
        Class<?>[] parameters = StreamSupport.stream(
                        method.get("parameterTypes").spliterator(), false)
                .map(JsonNode::asText)
                .map(NativeImageMetadataTest::type)
                .toArray(Class<?>[]::new);
        String name = method.get("name").asText();
        return name.equals("<init>")
                ? type.getDeclaredConstructor(parameters)
                : type.getDeclaredMethod(name, parameters);
    }

    private static Class<?> type(String name) {
        List<Class<?>> primitives = List.of(byte.class, short.class, int.class, long.class, float.class, double.class);
        return primitives.stream()
                .filter(primitive -> primitive.getName().equals(name))
                .findAny()
                .orElseGet(() -> load(name));
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name, false, NativeImageMetadataTest.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new AssertionError(name, e);
        }
    }
}
