// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.Socket;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Family;
import io.transportsplice.testing.Peer;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;

/** A connection whose one end is a bare descriptor, not blocking, as a channel of Netty's has it. */
final class RawConnection implements AutoCloseable {
    private static final int LONGEST_ADDRESS = 26;

    private final SocketAddress address;
    private final Peer peer;
    private final Socket socket;

    RawConnection(Family family) throws IOException {
        Socket server = family == Family.TCP ? Socket.newSocketStream() : Socket.newSocketDomain();
        try {
            server.bind(Family.toNetty(family.freshAddress()));
            server.listen(1);
            address = family == Family.TCP ? server.localAddress() : unix(server.localDomainSocketAddress());
            peer = Peer.connect(address);
            socket = accept(server);
        } finally {
            server.close();
        }
    }

    /** What has connected may not be there to be accepted at once. */
    private static Socket accept(Socket server) throws IOException {
        int fd = server.accept(new byte[LONGEST_ADDRESS]);
        while (fd < 0) {
            Await.pause(1_000_000);
            fd = server.accept(new byte[LONGEST_ADDRESS]);
        }
        return new Socket(fd);
    }

    private static SocketAddress unix(DomainSocketAddress bound) {
        return UnixDomainSocketAddress.of(bound.path());
    }

    Peer peer() {
        return peer;
    }

    Socket socket() {
        return socket;
    }

    int fd() {
        return socket.intValue();
    }

    @Override
    public void close() throws IOException {
        peer.close();
        socket.close();
        Family.forget(address);
    }
}
