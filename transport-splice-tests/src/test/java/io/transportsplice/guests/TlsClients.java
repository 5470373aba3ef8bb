// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Peer;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** Far ends that are clients of TLS by the JDK's sockets, and trust anybody: the relay's channels are all servers here. */
final class TlsClients {
    private static final SSLContext CONTEXT = context();

    private TlsClients() {}

    private static SSLContext context() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The handshake comes with the first byte that is sent or received. */
    static SSLSocket client(Peer peer) throws IOException {
        Socket socket = peer.socket();
        socket.setSoTimeout((int) Await.BOUND.toMillis());
        SSLSocket client = (SSLSocket) CONTEXT.getSocketFactory().createSocket(socket, "localhost", 1, true);
        SSLParameters parameters = client.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName("localhost")));
        parameters.setApplicationProtocols(new String[] {ApplicationProtocolNames.HTTP_1_1});
        client.setSSLParameters(parameters);
        return client;
    }
}
