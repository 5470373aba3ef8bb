// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What a user gets wrong is told once, at WARN, with the remedy, and the bytes arrive all the same. */
class MistakesIT {
    private static final String DEFAULTS = "AUTO 1048576 32 2";
    private static final long BYTES = 3 * 4 * 1024 * 1024;

    private static String run(Mistake mistake, String... options) throws Exception {
        return App.run(Stream.of(
                        Stream.of(options),
                        Stream.of(
                                "-cp", System.getProperty("java.class.path"), Mistake.class.getName(), mistake.name()))
                .flatMap(part -> part)
                .toArray(String[]::new));
    }

    /** Of ours, not those of a channel that stays exposed to Netty's loss of registrations. */
    private static List<String> warnings(String output) {
        return output.lines()
                .filter(line -> line.startsWith("WARNING: ")
                        && line.toLowerCase(Locale.ROOT).contains("splic"))
                .toList();
    }

    private static long counted(String what, String output) {
        Matcher matcher = Pattern.compile("\\b" + what + "=(\\d+)").matcher(output);
        return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
    }

    @Test
    void shouldSayNothingWhereNothingIsWrong() throws Exception {
        String output = run(Mistake.NONE);
        assertEquals(List.of(), warnings(output));
        assertTrue(counted("bytesSpliced", output) > BYTES / 2, output);
    }

    @ParameterizedTest
    @EnumSource(names = "NONE_BUT.*", mode = EnumSource.Mode.MATCH_ANY)
    void shouldNotTakeALookForAMissingHandler(Mistake mistake) throws Exception {
        String output = run(mistake);
        assertEquals(List.of(), warnings(output));
        assertTrue(counted("LOOKED_AT", output) > 0, output);
    }

    @ParameterizedTest
    @CsvSource({
        "policy, always, ALWAYS 1048576 32 2",
        "policy, Never, NEVER 1048576 32 2",
        "pipeCapacity, 4096, AUTO 4096 32 2",
        "maxPooledPipes, 0, AUTO 1048576 0 2",
        "maxInFlight, ' 1 ', AUTO 1048576 32 1"
    })
    void shouldTakeAGoodValueOfAProperty(String name, String value, String defaults) throws Exception {
        String output = run(Mistake.NONE, "-Dio.transportsplice." + name + "=" + value);
        assertEquals(List.of(), warnings(output));
        assertTrue(output.contains(defaults), output);
    }

    @ParameterizedTest
    @CsvSource({
        "policy, alwayz, 'NEVER, ON_DEMAND, AUTO, ALWAYS', AUTO",
        "policy, '', 'NEVER, ON_DEMAND, AUTO, ALWAYS', AUTO",
        "pipeCapacity, 0, 4096 to 1073741824, 1048576",
        "pipeCapacity, 1m, 4096 to 1073741824, 1048576",
        "maxPooledPipes, -1, 0 to, 32",
        "maxInFlight, 0, 1 to, 2",
        "maxInFlight, -3, 1 to, 2",
        "trimIntervalMillis, 0, 1 to, 10000"
    })
    void shouldTellABadValueOfAPropertyAndTakeTheDefault(String name, String value, String range, String taken)
            throws Exception {
        String output = run(Mistake.NONE, "-Dio.transportsplice." + name + "=" + value);
        List<String> warnings = warnings(output);
        assertEquals(1, warnings.size(), output);
        assertTrue(warnings.get(0).contains("io.transportsplice." + name), output);
        assertTrue(warnings.get(0).contains(range), output);
        assertTrue(warnings.get(0).endsWith("taking " + taken), output);
        assertTrue(output.contains(DEFAULTS), output);
        assertTrue(counted("bytesSpliced", output) > BYTES / 2, output);
    }

    @ParameterizedTest
    @EnumSource(names = "NONE.*", mode = EnumSource.Mode.MATCH_NONE)
    void shouldTellAMistakeOnceWithTheRemedyAndCountWhatWasCopied(Mistake mistake) throws Exception {
        String output = run(mistake);
        List<String> warnings = warnings(output);
        assertEquals(1, warnings.size(), output);
        String remedy = switch (mistake) {
            case NOT_FIRST -> "NOT_FIRST: put the EpollSpliceHandler first";
            case ON_ONE_SIDE_ONLY, ON_ONE_SIDE_ONLY_LATE -> "without an EpollSpliceHandler, and copied: put one first";
            case ON_ANOTHER_TRANSPORT, ON_ANOTHER_EXECUTOR -> "NOT_EPOLL: use EpollSocketChannel";
            case NONE, NONE_BUT_THREE_OWNERS, NONE_BUT_LOOKS_WHILE_SENDING -> throw new AssertionError();
        };
        assertTrue(warnings.get(0).contains(remedy), output);
        assertEquals(0, counted("bytesSpliced", output), output);
        assertTrue(counted("bytesCopied", output) >= BYTES, output);
    }

    /** Two channels in each connection. */
    @ParameterizedTest
    @EnumSource(names = {"ON_ANOTHER_TRANSPORT", "ON_ANOTHER_EXECUTOR"})
    void shouldCountEachChannelThatIsNotEpolls(Mistake mistake) throws Exception {
        String output = run(mistake);
        assertEquals(2 * Mistake.CONNECTIONS, counted("NOT_EPOLL", output), output);
    }

    @Test
    void shouldTellThatSplicingIsUnavailable() throws Exception {
        String output = run(Mistake.NONE, "-Dio.transportsplice.kernel=none");
        List<String> warnings = warnings(output);
        assertEquals(1, warnings.size(), output);
        assertTrue(warnings.get(0).contains("UNAVAILABLE: see EpollSplice.unavailabilityCause()"), output);
        assertTrue(counted("bytesCopied", output) >= BYTES, output);
    }

    @Test
    void shouldNotWarnOfWhatWasAskedFor() throws Exception {
        String output = run(Mistake.NONE, "-Dio.transportsplice.noSplice=true");
        assertEquals(List.of(), warnings(output));
        assertFalse(output.contains("Exception"), output);
        assertTrue(counted("bytesCopied", output) >= BYTES, output);
    }
}
