// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import io.transportsplice.testing.Peer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What small proxies say before they are tunnels, and what clients say to them. */
final class ProxyGreetings {
    private static final int MOST = 1024;

    private ProxyGreetings() {}

    /** RFC 9110, 9.3.6. */
    static void http(Peer peer) throws IOException {
        StringBuilder request = new StringBuilder();
        while (request.indexOf("\r\n\r\n") < 0) {
            request.append(new String(read(peer, 1), StandardCharsets.US_ASCII));
        }
        if (!request.toString().startsWith("CONNECT ")) {
            throw new IOException("no CONNECT: " + request);
        }
        peer.send("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    }

    /** Version 4, a command, a port, an IPv4 address, a user's name that ends with a zero. */
    static void socks4(Peer peer) throws IOException {
        expect(peer, 4, 1);
        read(peer, 2 + 4);
        byte[] one;
        do {
            one = read(peer, 1);
        } while (one[0] != 0);
        peer.send(new byte[] {0, 0x5a, 0, 0, 0, 0, 0, 0});
    }

    /** RFC 1928: version 5, no authentication; connect to an IPv4 address. */
    static void socks5(Peer peer) throws IOException {
        expect(peer, 5);
        read(peer, read(peer, 1)[0]); // the methods
        peer.send(new byte[] {5, 0});
        expect(peer, 5, 1, 0, 1);
        read(peer, 4 + 2);
        peer.send(new byte[] {5, 0, 0, 1, 0, 0, 0, 0, 0, 0});
    }

    /** The PROXY protocol, version 1. */
    static void haproxy(Peer peer) throws IOException {
        peer.send("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n".getBytes(StandardCharsets.US_ASCII));
    }

    private static void expect(Peer peer, int... expected) throws IOException {
        for (int value : expected) {
            int actual = read(peer, 1)[0];
            if (actual != value) {
                throw new IOException(actual + " where " + Arrays.toString(expected) + " was expected");
            }
        }
    }

    private static byte[] read(Peer peer, int length) throws IOException {
        if (length > MOST) {
            throw new IOException("too long: " + length);
        }
        byte[] all = new byte[length];
        byte[] one = new byte[1];
        for (int i = 0; i < length; i++) {
            if (peer.read(one, 1) < 0) {
                throw new IOException("ended after " + i + " bytes of " + length);
            }
            all[i] = one[0];
        }
        return all;
    }
}
