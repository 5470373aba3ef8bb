// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;

/**
 * What an end of a connection sends and receives by: a socket itself, TLS on it, or the bodies of an HTTP exchange.
 *
 * @param tcp what it all goes through
 * @param isTls whether the second is the case
 * @param ending ends what is sent, and only that
 */
record SoakWire(Socket tcp, boolean isTls, InputStream in, OutputStream out, Ending ending) {

    interface Ending {
        void end() throws IOException;
    }

    static SoakWire of(Socket tcp) throws IOException {
        return of(tcp, tcp);
    }

    /** @param through the socket itself, or TLS on it */
    static SoakWire of(Socket tcp, Socket through) throws IOException {
        return new SoakWire(
                tcp, through != tcp, through.getInputStream(), through.getOutputStream(), through::shutdownOutput);
    }

    static SoakWire of(Socket tcp, SoakBody.In in, SoakBody.Out out) {
        return new SoakWire(tcp, false, in, out, out::end);
    }

    void end() throws IOException {
        ending.end();
    }

    void reset() throws IOException {
        tcp.setSoLinger(true, 0);
        tcp.close();
    }
}
