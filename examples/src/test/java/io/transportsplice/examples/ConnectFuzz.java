// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

/** Whatever a client of the CONNECT proxy says. */
public final class ConnectFuzz {
    private static final ProxyService SERVICE = Fuzzed.service(new HttpConnectProxy(), "--listen", "127.0.0.1:0");

    private ConnectFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        Fuzzed.sameInAnyPieces(input, (bytes, cuts) -> Fuzzed.serve(SERVICE, bytes, cuts));
    }
}
