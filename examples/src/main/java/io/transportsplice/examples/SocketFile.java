// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;

/**
 * The path of a unix-domain socket to listen on. Netty deletes whatever is there, both before it binds and after it has
 * closed, so that this lets it bind only where nothing is or a socket that nobody listens on, and hides the path from it
 * afterwards, to {@link #remove} it only if it is still this socket's.
 */
final class SocketFile extends DomainSocketAddress {
    private static final long serialVersionUID = 1;
    /** Of the file's type, and that of a socket: see inode(7). */
    private static final int TYPE_MASK = 0170000;

    private static final int SOCKET = 0140000;

    /** Device and inode of the socket that was bound; {@code null} before that. */
    private transient volatile Object bound;

    private SocketFile(String path) {
        super(path);
    }

    /**
     * Binds a listener to a path, and removes it when the listener is closed.
     *
     * @throws IOException if something is there that must not be deleted
     */
    static ChannelFuture bind(ServerBootstrap bootstrap, DomainSocketAddress address) throws IOException {
        SocketFile file = claim(address);
        ChannelFuture bound = bootstrap.bind(file).awaitUninterruptibly();
        if (bound.isSuccess()) {
            file.bound();
            bound.channel().closeFuture().addListener(closed -> file.remove());
        }
        return bound;
    }

    /**
     * A path that may be bound.
     *
     * @throws IOException if something is there that must not be deleted
     */
    private static SocketFile claim(DomainSocketAddress address) throws IOException {
        SocketFile file = new SocketFile(address.path());
        try {
            int mode = (int) file.attributes().get("mode");
            if ((mode & TYPE_MASK) != SOCKET) {
                throw new IOException("what is there is not a socket");
            }
            file.requireSilence();
        } catch (NoSuchFileException e) {
            // as it should be; if a directory is missing, bind will say so
        } catch (InvalidPathException e) {
            throw new IOException(e.getMessage(), e);
        }
        return file;
    }

    /** Without following a link: that is no socket either. */
    private Map<String, Object> attributes() throws IOException {
        return Files.readAttributes(Path.of(toString()), "unix:mode,fileKey", LinkOption.NOFOLLOW_LINKS);
    }

    private void requireSilence() throws IOException {
        try (SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            client.configureBlocking(false); // a full backlog answers, too
            client.connect(UnixDomainSocketAddress.of(toString()));
        } catch (ConnectException e) {
            return; // refused: whoever made it has gone
        } catch (SocketException e) {
            throw new IOException("the socket there may be in use: " + e.getMessage(), e);
        }
        throw new IOException("the socket there is in use");
    }

    /** It has been bound. */
    private void bound() {
        try {
            bound = attributes().get("fileKey");
        } catch (IOException e) {
            bound = ""; // somebody was quick to remove it, so that nothing there is ours
        }
    }

    /** Removes it, once it is closed, if it has not been replaced. */
    private void remove() {
        try {
            if (attributes().get("fileKey").equals(bound)) {
                Files.delete(Path.of(toString()));
            }
        } catch (IOException e) {
            // it is gone, or may not be removed: a leftover does not keep anybody from listening
        }
    }

    /** Nothing once it is bound: what Netty deletes when it closes the channel. */
    @Override
    public String path() {
        return bound == null ? super.path() : "";
    }

    @Override
    public String toString() {
        return super.path();
    }
}
