// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

/**
 * The kernel by {@code java.lang.foreign}, where there is no such thing. The real one has the same name and is a class
 * for Java 22 and later: src/main/java22, META-INF/versions/22 in the jar.
 */
final class FfmKernel {
    private static final int JAVA = Runtime.version().feature();

    private FfmKernel() {}

    @SuppressWarnings("DoNotCallSuggester") // it is called to learn why
    static Kernel open() {
        throw new UnsupportedOperationException(
                JAVA < 22
                        ? "java.lang.foreign is final from Java 22 on, and this is Java " + JAVA
                        : "the library's classes for Java 22 are not to be seen: they are only made by a JDK 22 or later,"
                                + " and only seen in a jar whose manifest says Multi-Release: true");
    }
}
