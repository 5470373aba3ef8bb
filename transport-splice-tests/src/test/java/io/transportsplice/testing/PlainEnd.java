// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import java.io.IOException;

/** See {@link FarEnd#plain}. */
record PlainEnd(Peer peer) implements FarEnd {
    private static final int CHUNK = 32 * 1024;

    @Override
    public void handshake() {
        // there is none
    }

    @Override
    public void send(Pattern pattern, long from, long to) throws IOException {
        peer.send(pattern, from, to, CHUNK);
    }

    @Override
    public void receive(Pattern pattern, long from, long to) throws IOException {
        peer.receive(pattern, from, to);
    }

    @Override
    public Received receiveToEnd(Pattern pattern, long from, long pauseNanos) {
        Peer.Received received = peer.receiveToEnd(pattern, from, CHUNK, pauseNanos);
        return new Received(received.bytes(), received.end() == Peer.End.EOF ? End.WHOLE : End.RESET);
    }

    @Override
    public void finish() throws IOException {
        peer.halfClose();
    }
}
