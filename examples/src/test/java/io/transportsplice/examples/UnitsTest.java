// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnitsTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "65536, 65536",
        "256k, 262144",
        "256K, 262144",
        "1m, 1048576",
        "1MiB, 1048576",
        "64kb, 65536",
        "2g, 2147483648",
        "8589934591g, 9223372035781033984"
    })
    void shouldReadSizes(String text, long bytes) {
        assertEquals(bytes, Units.bytes(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "k", "-1", "1.5m", "256q", "256 k", "0x100", "٣k", "9999999999999"})
    void shouldRefuseWhatIsNoSize(String text) {
        Exception e = assertThrows(IllegalArgumentException.class, () -> Units.bytes(text));

        assertTrue(e.getMessage().contains("is not a size"), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"8589934592g", "17179869184g", "17179869185g"})
    void shouldRefuseASizeThatALongCannotHold(String text) {
        Exception e = assertThrows(IllegalArgumentException.class, () -> Units.bytes(text));

        assertEquals("'" + text + "' is too large", e.getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        "0, PT0S",
        "0s, PT0S",
        "500ms, PT0.5S",
        "10s, PT10S",
        "5m, PT5M",
        "5M, PT5M",
        "1h, PT1H",
        "8760h, PT8760H"
    })
    void shouldReadDurations(String text, Duration duration) {
        assertEquals(duration, Units.duration(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "5", "m", "-5s", "1.5s", "5 s", "5x", "PT5S", "9999999999999s"})
    void shouldRefuseWhatIsNoDuration(String text) {
        Exception e = assertThrows(IllegalArgumentException.class, () -> Units.duration(text));

        assertTrue(e.getMessage().contains("is not a duration"), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"8761h", "999999999999h", "999999999999s"})
    void shouldRefuseADurationBeyondReason(String text) {
        Exception e = assertThrows(IllegalArgumentException.class, () -> Units.duration(text));

        assertTrue(e.getMessage().contains("longer than"), e.getMessage());
    }
}
