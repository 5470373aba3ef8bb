// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

/** Whatever a client of the SOCKS proxy says. */
public final class SocksFuzz {
    private static final ProxyService SERVICE = Fuzzed.service(new Socks5Proxy(), "--listen", "127.0.0.1:0");

    private SocksFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        Fuzzed.sameInAnyPieces(input, (bytes, cuts) -> Fuzzed.serve(SERVICE, bytes, cuts));
    }
}
