// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.SslClientHelloHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.transportsplice.relay.RelayHandler;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import javax.net.ssl.SSLException;

/** TLS with clients: before their relay, and under the eyes of a {@link HandshakeGuard} until it stands. */
record TlsFront(ProxyServer server, TlsContexts contexts) {

    /**
     * Shakes hands first, and for a client that fails at that nobody else is bothered.
     *
     * @param protocols those that are spoken, best first
     * @param next run once it has succeeded
     */
    void accept(Channel client, List<String> protocols, Runnable next) {
        SslHandler tls;
        try {
            tls = handler(client, protocols);
        } catch (SSLException e) {
            RelayHandler.reset(client);
            return;
        }
        begin(client, tls);
        whenShaken(client, tls, next, () -> {});
    }

    /**
     * Lets the upstream choose the protocol, and has to ask it before the client is answered.
     *
     * @param connect connects to an upstream that is offered these protocols; tells the client of failure
     * @param join run once both are ready
     */
    void acceptBehind(
            Channel client, Function<List<String>, Future<Channel>> connect, BiConsumer<Channel, Channel> join) {
        begin(client, new Peek(connect, join));
    }

    private void begin(Channel client, ChannelHandler handler) {
        HandshakeGuard.begin(client, server, handler);
        if (client.isActive()) {
            client.read();
        }
    }

    private SslHandler handler(Channel client, List<String> protocols) throws SSLException {
        SslHandler tls = contexts.of(protocols).newHandler(client.alloc());
        tls.setHandshakeTimeoutMillis(0); // the guard has the time
        return tls;
    }

    private static void whenShaken(Channel client, SslHandler tls, Runnable next, Runnable otherwise) {
        tls.handshakeFuture().addListener(shaken -> {
            if (shaken.isSuccess()) {
                HandshakeGuard.done(client.pipeline());
                next.run();
                return;
            }
            if (!(shaken.cause() instanceof ClosedChannelException)) {
                HandshakeGuard.toldOff(client, Refusal.PROTOCOL); // by an alert
            }
            otherwise.run();
        });
    }

    /** Looks at the ClientHello, which it passes on unchanged when TLS takes its place. */
    private final class Peek extends SslClientHelloHandler<Channel> {
        private final Function<List<String>, Future<Channel>> connect;
        private final BiConsumer<Channel, Channel> join;

        Peek(Function<List<String>, Future<Channel>> connect, BiConsumer<Channel, Channel> join) {
            this.connect = connect;
            this.join = join;
        }

        @Override
        protected Future<Channel> lookup(ChannelHandlerContext ctx, ByteBuf hello) {
            try {
                if (hello != null) {
                    return connect.apply(TlsHello.protocols(hello));
                }
            } catch (IndexOutOfBoundsException e) {
                // as what is no hello at all
            }
            HandshakeGuard.refuse(ctx.channel(), Refusal.PROTOCOL);
            return ctx.executor().newFailedFuture(new SSLException("no ClientHello"));
        }

        @Override
        protected void onLookupComplete(ChannelHandlerContext ctx, Future<Channel> connected) throws SSLException {
            if (!connected.isSuccess()) {
                return;
            }
            Channel client = ctx.channel();
            Channel upstream = connected.getNow();
            if (!client.isActive() || ctx.isRemoved()) {
                RelayHandler.reset(upstream);
                return;
            }
            SslHandler tls = handler(client, TlsBack.chosen(upstream));
            ctx.pipeline().replace(this, null, tls);
            whenShaken(client, tls, () -> join.accept(client, upstream), () -> RelayHandler.reset(upstream));
        }
    }
}
