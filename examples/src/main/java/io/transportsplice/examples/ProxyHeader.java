// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageEncoder;
import io.netty.handler.codec.haproxy.HAProxyProtocolVersion;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol;
import io.netty.util.NetUtil;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/**
 * Who connected to whom, as the <a href="https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt">PROXY protocol</a>
 * says it in front of a connection's bytes.
 *
 * <p>Whoever reads it believes the first header that comes, so there always is one, if only to say that nothing is known:
 * without it a client's own bytes could pass for it.
 *
 * @param received as it was received, in version 2: it may tell more than addresses. Empty if it was not
 */
record ProxyHeader(
        HAProxyProxiedProtocol protocol,
        String source,
        int sourcePort,
        String destination,
        int destinationPort,
        ByteBuffer received) {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
    /** Of nobody in particular. */
    static final ProxyHeader UNKNOWN = unknown(NOTHING);

    private static ProxyHeader unknown(ByteBuffer received) {
        return new ProxyHeader(HAProxyProxiedProtocol.UNKNOWN, null, 0, null, 0, received);
    }

    /** The versions, by the names they have on the command line. */
    enum Version {
        V1,
        V2;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What is seen of a client that connected to us itself. */
    static ProxyHeader of(Channel client) {
        if (!(client.remoteAddress() instanceof InetSocketAddress from)
                || !(client.localAddress() instanceof InetSocketAddress to)) {
            return UNKNOWN; // unix-domain clients have no address worth telling
        }
        HAProxyProxiedProtocol protocol =
                isIpV6(from) || isIpV6(to) ? HAProxyProxiedProtocol.TCP6 : HAProxyProxiedProtocol.TCP4;
        return new ProxyHeader(protocol, text(from), from.getPort(), text(to), to.getPort(), NOTHING);
    }

    private static boolean isIpV6(InetSocketAddress address) {
        return address.getAddress() instanceof Inet6Address;
    }

    private static String text(InetSocketAddress address) {
        return NetUtil.bytesToIpAddress(address.getAddress().getAddress());
    }

    /**
     * What another proxy told of its client.
     *
     * @param received its bytes, if it is one of version 2, which may carry more than Netty's decoder has kept; else none
     */
    static ProxyHeader of(HAProxyMessage message, byte[] received) {
        HAProxyProxiedProtocol protocol = message.proxiedProtocol();
        boolean isTcp = protocol == HAProxyProxiedProtocol.TCP4 || protocol == HAProxyProxiedProtocol.TCP6;
        if (!isTcp || message.command() != HAProxyCommand.PROXY) {
            return unknown(ByteBuffer.wrap(received));
        }
        return new ProxyHeader(
                protocol,
                plain(message.sourceAddress()),
                message.sourcePort(),
                plain(message.destinationAddress()),
                message.destinationPort(),
                ByteBuffer.wrap(received));
    }

    /** Netty takes brackets and scopes for part of an address, too; the protocol does not. */
    private static String plain(String address) {
        return NetUtil.bytesToIpAddress(NetUtil.createByteArrayFromIpAddressString(address));
    }

    /** The client's address; empty if it is unknown. */
    Optional<String> client() {
        return protocol == HAProxyProxiedProtocol.UNKNOWN
                ? Optional.empty()
                : Optional.of(NetUtil.toSocketAddressString(source, sourcePort));
    }

    /**
     * Writes the header to a new connection, before anything else. A failure means that it was not written, and that
     * nothing else must be.
     */
    ChannelFuture send(Channel upstream, Version version) {
        if (version == Version.V2 && received.hasRemaining()) {
            return upstream.writeAndFlush(Unpooled.wrappedBuffer(received));
        }
        if (version == Version.V1 && protocol == HAProxyProxiedProtocol.UNKNOWN) {
            // which Netty's encoder cannot write
            return upstream.writeAndFlush(Unpooled.copiedBuffer("PROXY UNKNOWN\r\n", StandardCharsets.US_ASCII));
        }
        upstream.pipeline().addLast(HAProxyMessageEncoder.INSTANCE);
        ChannelFuture sent = upstream.writeAndFlush(message(version));
        upstream.pipeline().remove(HAProxyMessageEncoder.INSTANCE);
        return sent;
    }

    private HAProxyMessage message(Version version) {
        // Of what is unknown HAProxy says LOCAL, and refuses it as PROXY, as the protocol lets it.
        return new HAProxyMessage(
                version == Version.V1 ? HAProxyProtocolVersion.V1 : HAProxyProtocolVersion.V2,
                protocol == HAProxyProxiedProtocol.UNKNOWN ? HAProxyCommand.LOCAL : HAProxyCommand.PROXY,
                protocol,
                source,
                destination,
                sourcePort,
                destinationPort);
    }
}
