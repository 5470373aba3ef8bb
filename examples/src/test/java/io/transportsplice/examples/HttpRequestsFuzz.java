// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.nio.charset.StandardCharsets;

/** Whatever a client of the reverse proxy says; the upstream answers once. */
public final class HttpRequestsFuzz {
    private static final byte[] ANSWER =
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".getBytes(StandardCharsets.US_ASCII);

    private HttpRequestsFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        Fuzzed.sameInAnyPieces(input, (bytes, cuts) -> HttpFuzz.exchange(bytes, cuts, ANSWER, new int[0]));
    }
}
