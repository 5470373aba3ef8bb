// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

/** Whatever a client of the SNI router says instead of a ClientHello. */
public final class ClientHelloFuzz {
    private static final ProxyService SERVICE = Fuzzed.service(
            new SniRouter(),
            "--listen",
            "127.0.0.1:0",
            "--route",
            "*.example=127.0.0.1:1",
            "--route",
            "other.org=127.0.0.1:2");

    private ClientHelloFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        Fuzzed.sameInAnyPieces(input, (bytes, cuts) -> Fuzzed.serve(SERVICE, bytes, cuts));
    }
}
