// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class AccessEntryTest {
    private static final Instant BEGAN = Instant.parse("2026-11-26T10:58:28.300Z");
    private static final AccessEntry FULL = new AccessEntry(
            BEGAN, 1.5, "[::1]:5000", "10.0.0.1:80", 102L, 5_000_000_000L, 0.9966, "finished", null, null);
    private static final AccessEntry STRANGE =
            new AccessEntry(BEGAN, 0, "unix:", null, null, null, null, "failed", "a \"b\"\\\r\n\u0001", 502);

    @Test
    void shouldBeAnObjectOfJson() {
        assertEquals(
                "{\"time\":\"2026-11-26T10:58:28.300Z\",\"seconds\":1.500,\"client\":\"[::1]:5000\","
                        + "\"upstream\":\"10.0.0.1:80\",\"up\":102,\"down\":5000000000,\"spliced\":0.997,"
                        + "\"end\":\"finished\",\"reason\":null,\"status\":null}",
                FULL.json());
    }

    @Test
    void shouldBeWordsOfText() {
        assertEquals(
                "time=2026-11-26T10:58:28.300Z seconds=1.500 client=[::1]:5000 upstream=10.0.0.1:80"
                        + " up=102 down=5000000000 spliced=0.997 end=finished reason=- status=-",
                FULL.text());
    }

    @Test
    void shouldStayOneLineWhateverTheReason() {
        String reason = "\"a \\\"b\\\"\\\\\\r\\n\\u0001\"";
        assertEquals(
                "{\"time\":\"2026-11-26T10:58:28.300Z\",\"seconds\":0.000,\"client\":\"unix:\",\"upstream\":null,"
                        + "\"up\":null,\"down\":null,\"spliced\":null,\"end\":\"failed\",\"reason\":" + reason
                        + ",\"status\":502}",
                STRANGE.json());
        assertEquals(
                "time=2026-11-26T10:58:28.300Z seconds=0.000 client=unix: upstream=- up=- down=- spliced=- end=failed"
                        + " reason=" + reason + " status=502",
                STRANGE.text());
    }
}
