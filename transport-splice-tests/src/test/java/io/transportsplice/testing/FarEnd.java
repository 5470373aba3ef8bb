// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import java.io.IOException;

/** One far end of a relayed connection, whatever it speaks there: plain bytes, or TLS. Made of a {@link Peer}. */
public interface FarEnd {
    /** How the other side's stream ended. */
    enum End {
        /** As it should: by a FIN; of TLS by one {@code close_notify}, a FIN, and nothing else. */
        WHOLE,
        /** TLS alone: by a FIN without a {@code close_notify}. */
        TRUNCATED,
        RESET,
        /** TLS alone: a {@code close_notify}, and then a reset. */
        WHOLE_THEN_RESET,
        /** TLS alone: by an alert that is fatal. */
        ALERT
    }

    /** All that came until the end, checked against the pattern, and which end it was. */
    record Received(long bytes, End end) {}

    /** Of TLS; the other side must be at it, too. */
    void handshake() throws IOException;

    void send(Pattern pattern, long from, long to) throws IOException;

    /** Reads and checks exactly the bytes between the two positions. */
    void receive(Pattern pattern, long from, long to) throws IOException;

    /** Reads and checks everything up to the end, a little at a time if a pause is wanted. */
    Received receiveToEnd(Pattern pattern, long from, long pauseNanos);

    default Received receiveToEnd(Pattern pattern, long from) {
        return receiveToEnd(pattern, from, 0);
    }

    /** Ends this side's stream as it should end. */
    void finish() throws IOException;

    /** What it is made of. */
    Peer peer();

    static FarEnd plain(Peer peer) {
        return new PlainEnd(peer);
    }
}
