// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProxyChecksumTest {
    private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";
    private static final String TCP4 = "01020304 06070809 0005 000a";
    private static final String TCP6 = "20010db8000000000000000000000001 20010db8000000000000000000000002 0005 000a";

    private static boolean isRight(String header) {
        return ProxyChecksum.isRight(HexFormat.of().parseHex(header.replace(" ", "")));
    }

    @ParameterizedTest
    @CsvSource({
        "21 11 0018" + TCP4 + "01 0002 6832 03 0004 2fe091f1, true",
        "21 11 0018" + TCP4 + "01 0002 6832 03 0004 2fe091f0, false",
        "21 11 0018" + TCP4 + "01 0002 6833 03 0004 2fe091f1, false",
        "21 21 002b" + TCP6 + "03 0004 6dd23c05, true",
        "21 21 002b" + TCP6 + "03 0004 00000000, false",
        "21 11 0012" + TCP4 + "03 0003 000000, false", // no number of 32 bits
        "21 11 0013" + TCP4 + "20 0004 03000400, true", // of another type
        "21 11 000c" + TCP4 + ", true",
        "20 11 0013" + TCP4 + "03 0004 00000000, true", // LOCAL, whose rest says nothing
        "21 00 0007 03 0004 00000000, true", // UNSPEC, the same
    })
    void shouldFindAWrongChecksum(String header, boolean isRight) {
        assertEquals(isRight, isRight(SIGNATURE + header));
    }

    @Test
    void shouldFindTheChecksumBehindUnixPaths() {
        String paths = "2f61" + "00".repeat(106) + "2f62" + "00".repeat(106);
        assertTrue(isRight(SIGNATURE + "21 31 00df" + paths + "03 0004 4b01e199"));
        assertFalse(isRight(SIGNATURE + "21 31 00df" + paths + "03 0004 4b01e198"));
    }

    @Test
    void shouldAskNothingOfVersion1() {
        assertTrue(isRight(""));
    }
}
