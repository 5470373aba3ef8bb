// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.nio.charset.StandardCharsets;

/** Whatever an upstream of the reverse proxy says, to a client that has asked for three things. */
public final class HttpResponsesFuzz {
    private static final byte[] REQUESTS = """
            GET /a HTTP/1.1\r
            Host: a\r
            \r
            HEAD /b HTTP/1.1\r
            Host: a\r
            \r
            GET /c HTTP/1.1\r
            Host: a\r
            Connection: upgrade\r
            Upgrade: other\r
            \r
            """.getBytes(StandardCharsets.US_ASCII);

    private HttpResponsesFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        Fuzzed.sameInAnyPieces(input, (bytes, cuts) -> HttpFuzz.exchange(REQUESTS, new int[0], bytes, cuts));
    }
}
