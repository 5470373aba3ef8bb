// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import ch.qos.logback.core.encoder.JsonEscapeUtil;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What the access log tells of a connection.
 *
 * @param began when the client was accepted
 * @param client its address, or the one that a PROXY protocol header told
 * @param upstream where it was joined to; {@code null} if it was not
 * @param up bytes that the client sent; {@code null} if nobody has counted
 * @param down bytes that it was sent
 * @param spliced the share of these bytes that was spliced, of 1; {@code null} if there were none, or none could be
 * @param end {@code finished}, {@code timeout}, {@code failed} or {@code closed}, as of a relay; {@code refused}, or
 *     {@code unconnected}: it went away before it had an upstream
 * @param reason why it failed or was refused; {@code null} else
 * @param status of HTTP, if the proxy itself has answered; {@code null} else
 */
record AccessEntry(
        Instant began,
        double seconds,
        String client,
        String upstream,
        Long up,
        Long down,
        Double spliced,
        String end,
        String reason,
        Integer status) {

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSX", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    String json() {
        return values().entrySet().stream()
                .map(value -> quoted(value.getKey()) + ":" + json(value.getValue()))
                .collect(Collectors.joining(",", "{", "}"));
    }

    private static String json(Object value) {
        return value instanceof String text ? quoted(text) : String.valueOf(value);
    }

    /** The same words, with {@code -} for what is not there. */
    String text() {
        return values().entrySet().stream()
                .map(value -> value.getKey() + "=" + text(value.getValue()))
                .collect(Collectors.joining(" "));
    }

    private static String text(Object value) {
        if (value == null) {
            return "-";
        }
        String text = value.toString();
        return text.matches("[^\\s\"\\\\\\p{Cntrl}]+") ? text : quoted(text);
    }

    private static String quoted(String text) {
        return '"' + JsonEscapeUtil.jsonEscapeString(text) + '"';
    }

    private Map<String, Object> values() {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("time", TIME.format(began));
        values.put("seconds", new Decimal(seconds));
        values.put("client", client);
        values.put("upstream", upstream);
        values.put("up", up);
        values.put("down", down);
        values.put("spliced", spliced == null ? null : new Decimal(spliced));
        values.put("end", end);
        values.put("reason", reason);
        values.put("status", status);
        return values;
    }

    /** With three places; a formatter would take most of an entry's time. */
    private record Decimal(double value) {
        @Override
        public String toString() {
            long thousandths = Math.round(value * 1_000);
            return thousandths / 1_000 + "."
                    + Long.toString(1_000 + thousandths % 1_000).substring(1);
        }
    }
}
