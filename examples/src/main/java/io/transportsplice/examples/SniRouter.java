// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.AbstractSniHandler;
import io.netty.util.DomainWildcardMappingBuilder;
import io.netty.util.Mapping;
import io.netty.util.concurrent.Future;
import io.transportsplice.relay.RelayHandler;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Routes TLS by the server name that the client asks for, which is sent in the clear. Decrypts nothing. */
@Command(
        name = "sni-router",
        sortOptions = false,
        description =
                "Relays TLS connections to an address chosen by their server name (SNI), without decrypting them.",
        footer = ProxyCommand.FOOTER)
final class SniRouter extends ProxyCommand {
    /** The fatal alert unrecognized_name (112): RFC 6066, section 3, in a record of TLS 1.2, which all understand. */
    private static final byte[] UNRECOGNIZED_NAME = {21, 3, 3, 0, 2, 2, 112};
    /** Generous for a client with many extensions, post-quantum keys among them. */
    private static final int MAX_CLIENT_HELLO = 64 * 1024;
    /** Of labels, none of them empty, the first of which may be the wildcard. */
    private static final Pattern NAME = Pattern.compile("(?:\\*\\.)?[^.*]++(?:\\.[^.*]++)*+\\.?");

    @Option(
            names = "--route",
            paramLabel = "NAME=HOST:PORT",
            description = "Where to send clients that ask for NAME; *.NAME means all names one level below it.")
    private Map<String, Endpoint> routes = new LinkedHashMap<>();

    @Option(
            names = "--default",
            paramLabel = "HOST:PORT",
            description = "Where to send those without a name, or without a route for it, which otherwise get the TLS"
                    + " alert unrecognized_name.")
    private Endpoint fallback;

    @Override
    void check() {
        if (routes.isEmpty() && fallback == null) {
            throw invalid("--route", "there is neither a route nor a default");
        }
        routes.forEach((name, to) -> {
            if (!isName(name)) {
                throw invalid("--route", "'" + name + "' is no host name");
            }
            if (!to.isConnectable()) {
                throw invalid("--route", "port 0 is only to listen");
            }
        });
        if (fallback != null && !fallback.isConnectable()) {
            throw invalid("--default", "port 0 is only to listen");
        }
        noStock();
    }

    private static boolean isName(String name) {
        try {
            new DomainWildcardMappingBuilder<>(1, "").add(name, "");
            return NAME.matcher(name).matches();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    @Override
    ProxyService service(ProxyServer server) {
        Map<Endpoint, Upstreams> upstreams = new LinkedHashMap<>(); // routes may share one
        Function<Endpoint, Upstreams> upstream = to -> upstreams.computeIfAbsent(to, shared -> only(server, shared));
        DomainWildcardMappingBuilder<Optional<Upstreams>> builder =
                new DomainWildcardMappingBuilder<>(Optional.ofNullable(fallback).map(upstream));
        routes.forEach((name, to) -> builder.add(name, Optional.of(upstream.apply(to))));
        Mapping<String, Optional<Upstreams>> mapping = builder.build();
        Complaint complaint = new Complaint("cannot connect");
        return client -> HandshakeGuard.begin(client, server, new Peek(server, mapping, complaint));
    }

    private static Upstreams only(ProxyServer server, Endpoint to) {
        return new Upstreams(server.dialer(), List.of(server.upstreams().get(new Target(to, 1), Duration.ZERO)));
    }

    /** Looks at the ClientHello, which it passes on unchanged when it is removed. */
    private static final class Peek extends AbstractSniHandler<Optional<Upstreams>> {
        private final ProxyServer server;
        private final Mapping<String, Optional<Upstreams>> mapping;
        private final Complaint complaint;
        private boolean isHello;

        Peek(ProxyServer server, Mapping<String, Optional<Upstreams>> mapping, Complaint complaint) {
            super(MAX_CLIENT_HELLO, 0); // the guard has the time
            this.server = server;
            this.mapping = mapping;
            this.complaint = complaint;
        }

        @Override
        protected Future<Optional<Upstreams>> lookup(ChannelHandlerContext ctx, ByteBuf clientHello) throws Exception {
            isHello = clientHello != null;
            // Netty would take a client that sends no extensions for one that does not speak TLS
            return isHello && !TlsHello.hasExtensions(clientHello)
                    ? lookup(ctx, (String) null)
                    : super.lookup(ctx, clientHello);
        }

        @Override
        protected Future<Optional<Upstreams>> lookup(ChannelHandlerContext ctx, String name) {
            return ctx.executor().newSucceededFuture(route(name));
        }

        private Optional<Upstreams> route(String name) {
            try {
                return mapping.map(name);
            } catch (IllegalArgumentException e) { // what can be no name has no route
                return mapping.map(null);
            }
        }

        @Override
        protected void onLookupComplete(ChannelHandlerContext ctx, String name, Future<Optional<Upstreams>> route) {
            Channel client = ctx.channel();
            if (!client.isOpen()) { // what came before was no hello, and Netty looks on
                return;
            }
            if (!isHello) {
                HandshakeGuard.refuse(client, Refusal.PROTOCOL);
                return;
            }
            HandshakeGuard.done(client.pipeline());
            Optional<Upstreams> upstreams = route.getNow();
            if (upstreams.isPresent()) {
                ctx.pipeline().remove(this); // the relay keeps the hello until it is joined
                connect(client, upstreams.get());
            } else {
                server.counters().refused(client, Refusal.UNSUPPORTED);
                LastWords.say(client, Unpooled.wrappedBuffer(UNRECOGNIZED_NAME));
                ctx.pipeline().remove(this);
            }
        }

        private void connect(Channel client, Upstreams upstreams) {
            upstreams.connect(client, Opening.NONE).addListener(connecting -> {
                if (connecting.isSuccess()) {
                    server.connector().join(client, (Channel) connecting.getNow());
                } else if (client.isActive()) {
                    complaint.about(connecting.cause());
                    server.counters().refused(client, Refusal.NO_UPSTREAM);
                    RelayHandler.reset(client);
                }
            });
        }
    }
}
