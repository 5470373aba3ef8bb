// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.testing.Skip;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the library's manifest tells OSGi, and what it must not tell. */
class ManifestTest {
    /** One clause of a header: a package, then attributes whose quoted values may hold commas. */
    private static final Pattern CLAUSE = Pattern.compile("([\\w.]+)((?:;[^;,\"]+(?:\"[^\"]*\")?)*)");

    private final Attributes headers;

    ManifestTest() throws IOException {
        byte[] text = Library.read("META-INF/MANIFEST.MF").getBytes(StandardCharsets.UTF_8);
        headers = new Manifest(new ByteArrayInputStream(text)).getMainAttributes();
    }

    @Test
    void shouldBeABundle() {
        assertEquals("2", headers.getValue("Bundle-ManifestVersion"));
        assertEquals("io.transportsplice", headers.getValue("Bundle-SymbolicName"));
        assertTrue(headers.getValue("Require-Capability").contains("version=17"), headers::toString);
    }

    @Test
    void shouldExportThePublicPackagesAlone() {
        assertEquals(
                new TreeSet<>(
                        Set.of("io.transportsplice", "io.transportsplice.micrometer", "io.transportsplice.relay")),
                clauses("Export-Package").keySet());
    }

    @Test
    void shouldNeedNettyAndJnrButNotWhatIsOptional() {
        Map<String, String> imports = clauses("Import-Package");
        imports.forEach((name, attributes) -> {
            boolean optional =
                    name.startsWith("io.micrometer.") || name.startsWith("org.jspecify.") || name.equals("jdk.jfr");
            assertEquals(optional, attributes.contains("resolution:=optional"), name + attributes);
            if (name.startsWith("io.netty.")) {
                assertTrue(attributes.contains("version=\"[4.2.7,5)\""), name + attributes);
            }
        });
        assertTrue(imports.containsKey("io.netty.channel.epoll"), imports::toString);
        assertTrue(imports.containsKey("jdk.jfr"), imports::toString);
        assertTrue(imports.containsKey("io.micrometer.core.instrument"), imports::toString);
        // What the class refers to that jnr-ffi makes at run time.
        assertTrue(imports.containsKey("jnr.ffi.provider.jffi"), imports::toString);
        assertTrue(imports.containsKey("com.kenai.jffi"), imports::toString);
    }

    @Test
    void shouldHaveClassesForJava22WhereTheJdkThatBuiltItHasThatJava() throws IOException {
        assertEquals("true", headers.getValue("Multi-Release"));
        String jdk = headers.getValue("Build-Jdk-Spec");
        Skip.unless(jdk != null, "the library is no jar");
        Skip.unless(Integer.parseInt(jdk) >= 22, "the library was built by a JDK of Java " + jdk);
        assertTrue(Library.hasJava22());
    }

    /** What else OSGi is to know where it takes those classes. */
    @Test
    void shouldTellOsgiWhatTheClassesForJava22Need() throws IOException {
        Skip.unless(Library.hasJava22(), "the library has no classes for Java 22");
        String more = Library.read("META-INF/versions/22/OSGI-INF/MANIFEST.MF").replaceAll("\\R ", "");
        assertTrue(more.contains("version=22"), more);
        assertTrue(more.contains("java.lang.foreign"), more);
    }

    @Test
    void shouldNotTellWhenAndWhereItWasBuilt() {
        for (String name : new String[] {"Bnd-LastModified", "Built-By", "Build-Jdk", "Tool"}) {
            assertNull(headers.getValue(name), name);
        }
    }

    private Map<String, String> clauses(String header) {
        Map<String, String> clauses = new TreeMap<>();
        Matcher matcher = CLAUSE.matcher(headers.getValue(header));
        int end = 0;
        while (matcher.find()) {
            assertEquals(end, matcher.start(), () -> "cannot be read: " + headers.getValue(header));
            clauses.put(matcher.group(1), matcher.group(2));
            end = matcher.end() + 1; // the comma
        }
        assertEquals(headers.getValue(header).length() + 1, end);
        return clauses;
    }
}
