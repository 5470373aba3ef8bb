// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

/** Where a relay listens, and the server that it connects to: addresses as {@code HOST:PORT}. */
record Route(String listen, String target) {

    int listenPort() {
        return Integer.parseInt(listen.substring(listen.indexOf(':') + 1));
    }
}
