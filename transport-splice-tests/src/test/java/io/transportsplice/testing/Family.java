// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import io.netty.channel.Channel;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;

/** The kinds of stream socket that a relay can stand between, as Netty and as java.nio name them. */
public enum Family {
    TCP,
    UNIX;

    /** An address to bind to that nobody else uses. */
    public SocketAddress freshAddress() {
        if (this == TCP) {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        }
        try {
            return UnixDomainSocketAddress.of(
                    Files.createTempDirectory("splice").resolve("s"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Removes what a bound address leaves behind. */
    public static void forget(SocketAddress address) {
        if (address instanceof UnixDomainSocketAddress unix) {
            Path path = unix.getPath();
            try {
                Files.deleteIfExists(path);
                Files.deleteIfExists(path.getParent());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    ProtocolFamily protocol() {
        return this == TCP ? StandardProtocolFamily.INET : StandardProtocolFamily.UNIX;
    }

    public Class<? extends ServerChannel> serverChannel() {
        return this == TCP ? EpollServerSocketChannel.class : EpollServerDomainSocketChannel.class;
    }

    public Class<? extends Channel> clientChannel() {
        return this == TCP ? EpollSocketChannel.class : EpollDomainSocketChannel.class;
    }

    static Family of(SocketAddress address) {
        return address instanceof InetSocketAddress ? TCP : UNIX;
    }

    public static SocketAddress toNetty(SocketAddress address) {
        return address instanceof UnixDomainSocketAddress unix
                ? new DomainSocketAddress(unix.getPath().toFile())
                : address;
    }
}
