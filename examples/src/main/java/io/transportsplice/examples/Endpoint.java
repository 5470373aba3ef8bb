// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.channel.Channel;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;

/**
 * Where to listen or to connect: {@code HOST:PORT}, {@code [IPV6]:PORT} or {@code unix:/path}. Where to connect it may be
 * a name, whose addresses {@link Dialer} looks up.
 */
record Endpoint(SocketAddress address) {
    private static final String UNIX = "unix:";
    private static final int MAX_PORT = 65_535;
    /** {@code sun_path} holds 108 bytes, the last of them a NUL: see unix(7). */
    private static final int MAX_UNIX_PATH = 107;

    /**
     * Parses where to connect to. A host's name is not resolved.
     *
     * @throws IllegalArgumentException with a message for the user if the text is no endpoint
     */
    static Endpoint parse(String text) {
        return text.startsWith(UNIX) ? new Endpoint(unixAddress(text)) : destination(text);
    }

    /**
     * Parses where to listen: a host's name is resolved.
     *
     * @throws IllegalArgumentException the same, or if the host is unknown
     */
    static Endpoint parseLocal(String text) {
        return text.startsWith(UNIX) ? new Endpoint(unixAddress(text)) : new Endpoint(inetAddress(text));
    }

    private static DomainSocketAddress unixAddress(String text) {
        String path = text.substring(UNIX.length());
        if (path.isEmpty()) {
            throw new IllegalArgumentException("'" + text + "' lacks a path");
        }
        if (path.getBytes(StandardCharsets.UTF_8).length > MAX_UNIX_PATH) {
            throw new IllegalArgumentException("'" + path + "' is longer than " + MAX_UNIX_PATH + " bytes");
        }
        return new DomainSocketAddress(path);
    }

    private static InetSocketAddress inetAddress(String text) {
        InetSocketAddress named = hostAndPort(text);
        InetSocketAddress address = new InetSocketAddress(named.getHostString(), named.getPort());
        if (address.isUnresolved()) {
            throw new IllegalArgumentException("unknown host '" + named.getHostString() + "'");
        }
        return address;
    }

    /**
     * Parses {@code HOST:PORT}, as a client names its destination. A host's name is not resolved.
     *
     * @throws IllegalArgumentException if the text is no such thing
     */
    static Endpoint destination(String text) {
        InetSocketAddress named = hostAndPort(text);
        return destination(named.getHostString(), named.getPort());
    }

    /** A destination whose host is an address as text, or a name that is not resolved. */
    static Endpoint destination(String host, int port) {
        InetAddress literal = NetUtil.createInetAddressFromIpAddressString(host);
        return new Endpoint(
                literal == null
                        ? InetSocketAddress.createUnresolved(host, port)
                        : new InetSocketAddress(literal, port));
    }

    private static InetSocketAddress hostAndPort(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("'" + text + "' is not HOST:PORT");
        }
        String host = host(text, text.substring(0, colon));
        return InetSocketAddress.createUnresolved(host, port(text.substring(colon + 1)));
    }

    private static String host(String text, String host) {
        if (host.startsWith("[") && host.endsWith("]") && NetUtil.isValidIpV6Address(host)) {
            return host.substring(1, host.length() - 1);
        }
        if (host.indexOf(':') >= 0 || host.startsWith("[")) {
            throw new IllegalArgumentException("'" + text + "' is not HOST:PORT (IPv6 is written [::1]:PORT)");
        }
        // an empty name would silently mean the loopback address to InetAddress
        if (host.isBlank()) {
            throw new IllegalArgumentException("'" + text + "' lacks a host");
        }
        return host;
    }

    private static int port(String text) {
        if (!text.matches("\\d{1,9}")) {
            throw new IllegalArgumentException("'" + text + "' is not a port");
        }
        int port = Integer.parseInt(text);
        if (port > MAX_PORT) {
            throw new IllegalArgumentException("port " + port + " is not in 0.." + MAX_PORT);
        }
        return port;
    }

    boolean isUnix() {
        return address instanceof DomainSocketAddress;
    }

    boolean isResolved() {
        return !(address instanceof InetSocketAddress inet) || !inet.isUnresolved();
    }

    /** Whether one can connect to it: port 0 is good for listening only. */
    boolean isConnectable() {
        return !(address instanceof InetSocketAddress inet) || inet.getPort() != 0;
    }

    Class<? extends ServerChannel> serverChannelType() {
        return isUnix() ? EpollServerDomainSocketChannel.class : EpollServerSocketChannel.class;
    }

    Class<? extends Channel> channelType() {
        return isUnix() ? EpollDomainSocketChannel.class : EpollSocketChannel.class;
    }

    @Override
    public String toString() {
        return address instanceof InetSocketAddress inet ? NetUtil.toSocketAddressString(inet) : UNIX + address;
    }
}
