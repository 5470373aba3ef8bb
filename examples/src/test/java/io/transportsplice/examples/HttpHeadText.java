// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Locale;

/** The text of an HTTP head. */
final class HttpHeadText {

    private HttpHeadText() {}

    static String lines(String... lines) {
        return String.join("\r\n", lines) + "\r\n\r\n";
    }

    static boolean has(String head, String field) {
        return head.toLowerCase(Locale.ROOT).contains("\r\n" + field.toLowerCase(Locale.ROOT) + "\r\n");
    }

    static boolean hasAny(String head, String name) {
        return head.toLowerCase(Locale.ROOT).contains("\r\n" + name.toLowerCase(Locale.ROOT) + ":");
    }

    static void assertHas(String head, String... fields) {
        for (String field : fields) {
            assertTrue(has(head, field), () -> "no " + field + " in " + head);
        }
    }
}
