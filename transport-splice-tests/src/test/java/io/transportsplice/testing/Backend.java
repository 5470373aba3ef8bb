// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** The server behind the relay: hands out its end of each connection as a {@link Peer}. */
public final class Backend implements AutoCloseable {
    private static final int BACKLOG = 1024;

    private final ServerSocketChannel channel;
    private final SocketAddress address;
    private final int bufferSize;

    private Backend(ServerSocketChannel channel, int bufferSize) throws IOException {
        this.channel = channel;
        this.bufferSize = bufferSize;
        address = channel.getLocalAddress();
    }

    public static Backend open(Family family, int bufferSize) throws IOException {
        return open(family.freshAddress(), bufferSize);
    }

    public static Backend open(SocketAddress address, int bufferSize) throws IOException {
        ServerSocketChannel channel =
                ServerSocketChannel.open(Family.of(address).protocol());
        if (bufferSize > 0) {
            // inherited by what is accepted; only so does it bound the window from the first segment on
            channel.setOption(StandardSocketOptions.SO_RCVBUF, bufferSize);
        }
        channel.bind(address, BACKLOG);
        return new Backend(channel, bufferSize);
    }

    public SocketAddress address() {
        return address;
    }

    public Peer accept() throws IOException {
        SocketChannel accepted = channel.accept();
        Peer.configure(accepted, bufferSize);
        return new Peer(accepted);
    }

    @Override
    public void close() throws IOException {
        channel.close();
        Family.forget(address);
    }
}
