// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.util.Collection;
import java.util.Map;

/** Writes maps, collections, numbers and strings as JSON. */
final class Json {

    private static final String INDENT = "  ";

    private Json() {}

    static String format(Object value) {
        StringBuilder out = new StringBuilder();
        append(out, value, "\n");
        return out.append('\n').toString();
    }

    private static void append(StringBuilder out, Object value, String lineBreak) {
        if (value instanceof Map<?, ?> map) {
            append(out, map, lineBreak);
        } else if (value instanceof Collection<?> collection) {
            append(out, collection, lineBreak);
        } else if (value instanceof Number number) {
            out.append(Double.isFinite(number.doubleValue()) ? number.toString() : "null");
        } else {
            quote(out, String.valueOf(value));
        }
    }

    private static void append(StringBuilder out, Map<?, ?> map, String lineBreak) {
        String separator = "{";
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            out.append(separator).append(lineBreak).append(INDENT);
            quote(out, String.valueOf(entry.getKey()));
            out.append(": ");
            append(out, entry.getValue(), lineBreak + INDENT);
            separator = ",";
        }
        out.append(map.isEmpty() ? "{}" : lineBreak + "}");
    }

    private static void append(StringBuilder out, Collection<?> collection, String lineBreak) {
        String separator = "[";
        for (Object element : collection) {
            out.append(separator);
            append(out, element, lineBreak + INDENT);
            separator = ", ";
        }
        out.append(collection.isEmpty() ? "[]" : "]");
    }

    private static void quote(StringBuilder out, String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
