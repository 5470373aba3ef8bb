// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.Future;
import picocli.CommandLine.Command;

/** An HTTP proxy that makes tunnels: CONNECT (RFC 9110, section 9.3.6), and no other method. */
@Command(
        name = "http-connect-proxy",
        sortOptions = false,
        description = {
            "An HTTP proxy for tunnels (CONNECT); the bytes in them are spliced where that pays.",
            "Whoever can reach it can use it, so let it listen where only its users are."
        },
        footer = ProxyCommand.FOOTER)
final class HttpConnectProxy extends ProxyCommand {
    private static final HttpResponseStatus ESTABLISHED = new HttpResponseStatus(200, "Connection established");

    @Override
    void check() {
        noStock();
    }

    @Override
    ProxyService service(ProxyServer server) {
        return client -> HandshakeGuard.begin(
                client, server, new HttpResponseEncoder(), new HttpRequestDecoder(), new Handshake(server));
    }

    /** One request; after it all of HTTP leaves the pipeline. */
    private static final class Handshake extends SimpleChannelInboundHandler<HttpObject> {
        private final ProxyServer server;
        private Endpoint to;

        Handshake(ProxyServer server) {
            this.server = server;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, HttpObject message) {
            if (message instanceof HttpRequest request) {
                request(ctx, request);
            }
            if (message instanceof LastHttpContent && to != null) {
                HandshakeGuard.done(ctx.pipeline());
                // What the client sends already goes on to the relay, which keeps it.
                ctx.pipeline().remove(HttpRequestDecoder.class);
                Future<Channel> connecting = server.dialer().dial(ctx.channel(), to);
                connecting.addListener(done -> connected(ctx, connecting));
            }
        }

        private void request(ChannelHandlerContext ctx, HttpRequest request) {
            HttpResponseStatus status = HttpRules.refusal(request);
            if (status != null) {
                refuse(ctx, request, HttpRules.reason(status, request), HttpAnswer.of(status));
            } else if (!request.method().equals(HttpMethod.CONNECT)) {
                HttpAnswer answer = HttpAnswer.notAllowed("only CONNECT is offered", HttpMethod.CONNECT);
                refuse(ctx, request, Refusal.UNSUPPORTED, answer);
            } else if (hasContent(request)) {
                // It has no meaning, and parties that differ about it would not see the same bytes in the tunnel.
                refuse(ctx, request, Refusal.PROTOCOL, badRequest("CONNECT with content"));
            } else {
                destination(ctx, request);
            }
        }

        /** To say that there is none is harmless, and some do. */
        private static boolean hasContent(HttpRequest request) {
            return HttpUtil.getContentLength(request, 0L) != 0
                    || request.headers().contains(HttpHeaderNames.TRANSFER_ENCODING);
        }

        private static HttpAnswer badRequest(String why) {
            return HttpAnswer.of(HttpResponseStatus.BAD_REQUEST, why);
        }

        private void destination(ChannelHandlerContext ctx, HttpRequest request) {
            try {
                Endpoint destination = Endpoint.destination(request.uri());
                if (destination.isConnectable()) {
                    to = destination;
                } else {
                    refuse(ctx, request, Refusal.PROTOCOL, badRequest("port 0 is none"));
                }
            } catch (IllegalArgumentException e) {
                refuse(ctx, request, Refusal.PROTOCOL, badRequest(e.getMessage()));
            }
        }

        private void refuse(ChannelHandlerContext ctx, HttpRequest request, Refusal reason, HttpAnswer answer) {
            HandshakeGuard.done(ctx.pipeline());
            server.counters().refused(ctx.channel(), reason);
            LastWords.say(ctx.channel(), answer.to(request.method()));
            ctx.pipeline().remove(this);
        }

        private void connected(ChannelHandlerContext ctx, Future<Channel> connecting) {
            Channel client = ctx.channel();
            if (!connecting.isSuccess()) {
                if (client.isActive()) {
                    server.counters().refused(client, Refusal.NO_UPSTREAM);
                    LastWords.say(
                            client, HttpAnswer.cannotConnect(connecting.cause()).to(HttpMethod.CONNECT));
                }
                return;
            }
            if (client.isActive()) {
                Session.of(client).answered(ESTABLISHED.code());
                client.writeAndFlush(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, ESTABLISHED));
                client.pipeline().remove(HttpResponseEncoder.class);
                client.pipeline().remove(this);
            }
            server.connector().join(client, connecting.getNow());
        }
    }
}
