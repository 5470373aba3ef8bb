// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;

/**
 * The same TLS with different application protocols (ALPN), which are a context's in Netty. By OpenSSL where
 * netty-tcnative is on the class path, else by the JDK. Any thread.
 */
final class TlsContexts {
    /** Clients choose what they offer, so that there is no end of lists; but those in use are few. */
    private static final int MAX_KEPT = 16;

    private final SslContextBuilder builder;
    private final Map<List<String>, SslContext> contexts = new LinkedHashMap<>(MAX_KEPT, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<List<String>, SslContext> eldest) {
            return size() > MAX_KEPT;
        }
    };

    /** @param builder is used by nobody else from here on */
    TlsContexts(SslContextBuilder builder) {
        this.builder = builder;
    }

    /**
     * @param protocols the application protocols to offer, or to choose from, best first; none for a party that does not
     *     know of ALPN
     */
    synchronized SslContext of(List<String> protocols) throws SSLException {
        SslContext context = contexts.get(protocols);
        if (context == null) {
            context = builder.applicationProtocolConfig(alpn(protocols)).build();
            contexts.put(protocols, context);
        }
        return context;
    }

    /** What is wrong with it is to be told now, and not to each client: that its key is another certificate's, too. */
    void check() throws SSLException {
        SslContext context = of(List.of());
        if (context.isServer()) {
            shakeHands(context);
        }
    }

    private static void shakeHands(SslContext context) throws SSLException {
        SslContext other = SslContextBuilder.forClient()
                .trustManager(InsecureTrustManagerFactory.INSTANCE)
                .endpointIdentificationAlgorithm(null)
                .build();
        SslHandler client = other.newHandler(ByteBufAllocator.DEFAULT);
        SslHandler server = context.newHandler(ByteBufAllocator.DEFAULT);
        EmbeddedChannel front = new EmbeddedChannel(server);
        EmbeddedChannel back = new EmbeddedChannel(client);
        try {
            boolean goesOn = true;
            while (goesOn) {
                goesOn = move(back, front);
                goesOn |= move(front, back);
            }
            if (!client.handshakeFuture().isSuccess()) {
                throw new SSLException("the key and the certificate do not go together: " + why(client, server));
            }
        } finally {
            front.finishAndReleaseAll();
            back.finishAndReleaseAll();
        }
    }

    /** One has found the fault, and the other was told. */
    private static String why(SslHandler... sides) {
        return Stream.of(sides)
                .map(side -> side.handshakeFuture().cause())
                .filter(Objects::nonNull)
                .map(Throwable::getMessage)
                .collect(Collectors.joining(", "));
    }

    private static boolean move(EmbeddedChannel from, EmbeddedChannel to) {
        ByteBuf said = from.readOutbound();
        if (said == null) {
            return false;
        }
        try {
            to.writeInbound(said);
        } catch (DecoderException e) {
            return false; // the handshake tells
        }
        return true;
    }

    private static ApplicationProtocolConfig alpn(List<String> protocols) {
        return protocols.isEmpty()
                ? ApplicationProtocolConfig.DISABLED
                : new ApplicationProtocolConfig(
                        Protocol.ALPN,
                        SelectorFailureBehavior.NO_ADVERTISE,
                        SelectedListenerFailureBehavior.ACCEPT,
                        protocols);
    }
}
