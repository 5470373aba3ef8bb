// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads sizes and durations as people write them. Every exception's message is meant for the user. */
final class Units {
    private static final Pattern SIZE = Pattern.compile("(\\d{1,12})([kmg]?)(i?b)?");
    private static final Pattern DURATION = Pattern.compile("(\\d{1,12})(ms|s|m|h)");
    /** Far beyond any sensible timeout, and far below where nanoseconds in a long overflow. */
    private static final Duration LONGEST = Duration.ofDays(365);

    private Units() {}

    /** {@code 262144}, {@code 256k}, {@code 1m}, {@code 2g}: powers of 1,024, in bytes. */
    static long bytes(String text) {
        Matcher matcher = SIZE.matcher(text.toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'" + text + "' is not a size (such as 65536, 256k or 1m)");
        }
        try {
            return Math.multiplyExact(Long.parseLong(matcher.group(1)), unit(matcher.group(2)));
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("'" + text + "' is too large", e);
        }
    }

    private static long unit(String suffix) {
        return switch (suffix) {
            case "k" -> 1L << 10;
            case "m" -> 1L << 20;
            case "g" -> 1L << 30;
            default -> 1;
        };
    }

    /** {@code 500ms}, {@code 10s}, {@code 5m}, {@code 1h}; {@code 0} is the only number that needs no unit. */
    static Duration duration(String text) {
        if (text.equals("0")) {
            return Duration.ZERO;
        }
        Matcher matcher = DURATION.matcher(text.toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'" + text + "' is not a duration (such as 500ms, 10s, 5m, 1h or 0)");
        }
        Duration duration = duration(Long.parseLong(matcher.group(1)), matcher.group(2));
        if (duration.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("'" + text + "' is longer than " + LONGEST.toDays() + " days");
        }
        return duration;
    }

    private static Duration duration(long amount, String unit) {
        return switch (unit) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            default -> Duration.ofHours(amount);
        };
    }
}
