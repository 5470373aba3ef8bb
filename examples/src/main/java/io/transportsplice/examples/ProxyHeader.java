package io.transportsplice.examples;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageEncoder;
import io.netty.handler.codec.haproxy.HAProxyProtocolVersion;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol.AddressFamily;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Who connected to whom, as the <a href="https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt">PROXY protocol</a>
 * says it in front of a connection's bytes.
 */
record ProxyHeader(
        HAProxyProxiedProtocol protocol, String source, int sourcePort, String destination, int destinationPort) {
    private static final ProxyHeader UNKNOWN = new ProxyHeader(HAProxyProxiedProtocol.UNKNOWN, null, 0, null, 0);

    /** The versions, by the names they have on the command line. */
    enum Version {
        V1(HAProxyProtocolVersion.V1),
        V2(HAProxyProtocolVersion.V2);

        private final HAProxyProtocolVersion version;

        Version(HAProxyProtocolVersion version) {
            this.version = version;
        }

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
        return new ProxyHeader(protocol, text(from), from.getPort(), text(to), to.getPort());
    }

    private static boolean isIpV6(InetSocketAddress address) {
        return address.getAddress() instanceof Inet6Address;
    }

    private static String text(InetSocketAddress address) {
        InetAddress ip = address.getAddress();
        String text = ip.getHostAddress();
        int scope = text.indexOf('%');
        return scope < 0 ? text : text.substring(0, scope);
    }

    /** What another proxy told of its client. */
    private static ProxyHeader of(HAProxyMessage message) {
        AddressFamily family = message.proxiedProtocol().addressFamily();
        boolean isTold = message.command() == HAProxyCommand.PROXY
                && (family == AddressFamily.AF_IPv4 || family == AddressFamily.AF_IPv6);
        return isTold
                ? new ProxyHeader(
                        message.proxiedProtocol(),
                        message.sourceAddress(),
                        message.sourcePort(),
                        message.destinationAddress(),
                        message.destinationPort())
                : UNKNOWN;
    }

    /** Writes the header to a new connection, before anything else. */
    void send(Channel upstream, Version version) {
        HAProxyMessage message = new HAProxyMessage(
                version.version, HAProxyCommand.PROXY, protocol, source, destination, sourcePort, destinationPort);
        upstream.pipeline().addLast(HAProxyMessageEncoder.INSTANCE);
        upstream.writeAndFlush(message);
        upstream.pipeline().remove(HAProxyMessageEncoder.INSTANCE);
    }

    /** Takes the header that Netty's decoder found. The decoder removes itself, and this goes with it. */
    static final class Reader extends SimpleChannelInboundHandler<HAProxyMessage> {
        private final Consumer<ProxyHeader> reader;

        Reader(Consumer<ProxyHeader> reader) {
            this.reader = reader;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, HAProxyMessage message) {
            HandshakeGuard.done(ctx.pipeline());
            ctx.pipeline().remove(this);
            reader.accept(of(message));
        }
    }
}
