// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.socksx.v5.DefaultSocks5CommandResponse;
import io.netty.handler.codec.socksx.v5.DefaultSocks5InitialResponse;
import io.netty.handler.codec.socksx.v5.Socks5AddressType;
import io.netty.handler.codec.socksx.v5.Socks5AuthMethod;
import io.netty.handler.codec.socksx.v5.Socks5CommandRequest;
import io.netty.handler.codec.socksx.v5.Socks5CommandRequestDecoder;
import io.netty.handler.codec.socksx.v5.Socks5CommandResponse;
import io.netty.handler.codec.socksx.v5.Socks5CommandStatus;
import io.netty.handler.codec.socksx.v5.Socks5CommandType;
import io.netty.handler.codec.socksx.v5.Socks5InitialRequest;
import io.netty.handler.codec.socksx.v5.Socks5InitialRequestDecoder;
import io.netty.handler.codec.socksx.v5.Socks5Message;
import io.netty.handler.codec.socksx.v5.Socks5ServerEncoder;
import io.netty.util.concurrent.Future;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import picocli.CommandLine.Command;

/** A SOCKS 5 proxy (RFC 1928) for outgoing TCP connections: CONNECT, without authentication. */
@Command(
        name = "socks5-proxy",
        sortOptions = false,
        description = {
            "A SOCKS 5 proxy: CONNECT, without authentication; the bytes are spliced where that pays.",
            "Whoever can reach it can use it, so let it listen where only its users are."
        },
        footer = ProxyCommand.FOOTER)
final class Socks5Proxy extends ProxyCommand {
    @Override
    void check() {
        noStock();
    }

    @Override
    ProxyService service(ProxyServer server) {
        return client -> HandshakeGuard.begin(
                client, server, Socks5ServerEncoder.DEFAULT, new Socks5InitialRequestDecoder(), new Handshake(server));
    }

    /** Greeting, then request; after it all of SOCKS leaves the pipeline. */
    private static final class Handshake extends SimpleChannelInboundHandler<Socks5Message> {
        private final ProxyServer server;

        Handshake(ProxyServer server) {
            this.server = server;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, Socks5Message message) {
            boolean isBroken = message.decoderResult().isFailure();
            if (message instanceof Socks5CommandRequest request) {
                if (isBroken) {
                    refuse(ctx, Refusal.PROTOCOL, failure(Socks5CommandStatus.FAILURE));
                } else {
                    request(ctx, request);
                }
            } else if (isBroken) {
                HandshakeGuard.refuse(ctx.channel(), Refusal.PROTOCOL);
            } else {
                greet(ctx, (Socks5InitialRequest) message);
            }
        }

        private void greet(ChannelHandlerContext ctx, Socks5InitialRequest greeting) {
            if (!greeting.authMethods().contains(Socks5AuthMethod.NO_AUTH)) {
                refuse(ctx, Refusal.UNSUPPORTED, new DefaultSocks5InitialResponse(Socks5AuthMethod.UNACCEPTED));
                return;
            }
            ctx.writeAndFlush(new DefaultSocks5InitialResponse(Socks5AuthMethod.NO_AUTH));
            // The new decoder gets what the old one has read too much.
            ctx.pipeline().replace(Socks5InitialRequestDecoder.class, null, new Socks5CommandRequestDecoder());
            ctx.read();
        }

        private void request(ChannelHandlerContext ctx, Socks5CommandRequest request) {
            if (!request.type().equals(Socks5CommandType.CONNECT)) {
                refuse(ctx, Refusal.UNSUPPORTED, failure(Socks5CommandStatus.COMMAND_UNSUPPORTED));
                return;
            }
            boolean isNamed = !request.dstAddr().isBlank(); // else it would mean the loopback address to a resolver
            if (!isNamed || request.dstPort() == 0) {
                refuse(ctx, Refusal.PROTOCOL, failure(Socks5CommandStatus.FAILURE));
                return;
            }
            HandshakeGuard.done(ctx.pipeline());
            // What the client sends already goes on to the relay, which keeps it.
            ctx.pipeline().remove(Socks5CommandRequestDecoder.class);
            Endpoint to = Endpoint.destination(request.dstAddr(), request.dstPort());
            Future<Channel> connecting = server.dialer().dial(ctx.channel(), to);
            connecting.addListener(done -> connected(ctx, connecting));
        }

        private void connected(ChannelHandlerContext ctx, Future<Channel> connecting) {
            Channel client = ctx.channel();
            if (!connecting.isSuccess()) {
                if (client.isActive()) {
                    server.counters().refused(client, Refusal.NO_UPSTREAM);
                    LastWords.say(client, failure(status(connecting.cause())));
                }
                return;
            }
            if (client.isActive()) {
                client.writeAndFlush(success(connecting.getNow()));
                client.pipeline().remove(Socks5ServerEncoder.DEFAULT);
                client.pipeline().remove(this);
            }
            server.connector().join(client, connecting.getNow());
        }

        private void refuse(ChannelHandlerContext ctx, Refusal reason, Socks5Message answer) {
            HandshakeGuard.done(ctx.pipeline());
            server.counters().refused(ctx.channel(), reason);
            LastWords.say(ctx.channel(), answer);
        }

        private static Socks5CommandResponse success(Channel upstream) {
            InetSocketAddress bound = (InetSocketAddress) upstream.localAddress();
            Socks5AddressType type =
                    bound.getAddress() instanceof Inet6Address ? Socks5AddressType.IPv6 : Socks5AddressType.IPv4;
            return new DefaultSocks5CommandResponse(
                    Socks5CommandStatus.SUCCESS, type, bound.getAddress().getHostAddress(), bound.getPort());
        }

        private static Socks5CommandResponse failure(Socks5CommandStatus status) {
            return new DefaultSocks5CommandResponse(status, Socks5AddressType.IPv4, "0.0.0.0", 0);
        }

        private static Socks5CommandStatus status(Throwable cause) {
            return switch (ConnectFailure.of(cause)) {
                case REFUSED -> Socks5CommandStatus.CONNECTION_REFUSED;
                case UNREACHABLE, UNRESOLVED -> Socks5CommandStatus.HOST_UNREACHABLE;
                case TIMEOUT -> Socks5CommandStatus.TTL_EXPIRED;
                case ABANDONED, NO_DESCRIPTOR, OTHER -> Socks5CommandStatus.FAILURE;
            };
        }
    }
}
