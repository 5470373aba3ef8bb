// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.transportsplice.EpollSplice;
import io.transportsplice.SpliceOptions;
import io.transportsplice.SpliceStateEvent;
import io.transportsplice.relay.RelayHandler;
import java.io.IOException;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Modifier;
import java.util.List;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the public types tell compilers and editors of null. */
class NullnessTest {

    @Test
    void shouldBeToldOfEveryPublicType() throws IOException {
        List<Class<?>> types = publicTypes();
        assertEquals(11, types.size(), types::toString);
        for (Class<?> type : types) {
            assertNotNull(type.getAnnotation(NullMarked.class), type::toString);
        }
    }

    @Test
    void shouldBeToldOfWhatMayBeNull() throws Exception {
        assertNullable(returnType(EpollSplice.class, "kernel"));
        assertNullable(returnType(EpollSplice.class, "unavailabilityCause"));
        assertNullable(returnType(SpliceStateEvent.class, "reason"));
        assertNullable(returnType(RelayHandler.class, "end"));
        assertNullable(returnType(RelayHandler.class, "endCause"));
        assertNull(returnType(SpliceOptions.class, "policy").getAnnotation(Nullable.class));
    }

    private static void assertNullable(AnnotatedType type) {
        assertNotNull(type.getAnnotation(Nullable.class), type::toString);
    }

    private static AnnotatedType returnType(Class<?> type, String method) throws NoSuchMethodException {
        return type.getMethod(method).getAnnotatedReturnType();
    }

    private static List<Class<?>> publicTypes() throws IOException {
        return Library.files().stream()
                .filter(file -> file.startsWith("io/transportsplice/") && file.endsWith(".class"))
                .filter(file -> !file.contains("$") && !file.endsWith("-info.class"))
                .<Class<?>>map(NullnessTest::load)
                .filter(type -> Modifier.isPublic(type.getModifiers()))
                .toList();
    }

    private static Class<?> load(String file) {
        try {
            String name = file.replace('/', '.').replaceFirst("\\.class$", "");
            return Class.forName(name, false, NullnessTest.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }
}
