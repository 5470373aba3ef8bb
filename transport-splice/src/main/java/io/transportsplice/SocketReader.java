// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

/** Reads a socket in its channel's place, while that splices. On the event loop of the channel. */
interface SocketReader {

    /** What became of an event. */
    enum Outcome {
        /** It was used; level-triggered epoll repeats it if there is more. */
        USED,
        /** It cannot be used until {@link SplicingHandle#resumeReading}. */
        NOT_NOW,
        /** The channel is to read this time. */
        LEFT_TO_CHANNEL
    }

    /** The socket is readable, or at its end, and a message is wanted. */
    Outcome readable();

    /** How many bytes wait in the socket. */
    int unread();

    /** The socket's input seems to have ended: to stop, and let the channel find out. */
    void ended();

    /** The socket is in error: to stop. */
    void failed();

    /** Something was thrown that is nobody's to catch: the channel is to fail. */
    void broken(Throwable cause);
}
