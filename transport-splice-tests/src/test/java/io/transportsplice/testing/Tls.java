// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.handler.ssl.util.SelfSignedCertificate;
import java.security.GeneralSecurityException;
import javax.net.ssl.SSLException;

/** TLS on one or both sides of a relay: its {@link SslHandler}s there, and the far ends that speak with them. */
@SuppressWarnings("ImmutableEnumChecker") // a context does not change
public enum Tls {
    /** With the clients, as a proxy that terminates TLS. */
    FRONT("TLSv1.3"),
    BACK("TLSv1.3"),
    BOTH("TLSv1.3"),
    FRONT_12("TLSv1.2"),
    BACK_12("TLSv1.2"),
    BOTH_12("TLSv1.2"),
    /** The relay's own is OpenSSL's, or what goes by that name. */
    FRONT_OPENSSL("TLSv1.3"),
    BACK_OPENSSL("TLSv1.3");

    private final String version;
    private final SslContext server;
    private final SslContext client;

    Tls(String version) {
        this.version = version;
        server = build(forServer().protocols(version));
        client = build(forClient().protocols(version));
    }

    private static SslContextBuilder forServer() {
        return SslContextBuilder.forServer(Certificate.ONE.certificate(), Certificate.ONE.privateKey())
                .trustManager(InsecureTrustManagerFactory.INSTANCE);
    }

    private static SslContextBuilder forClient() {
        return SslContextBuilder.forClient().trustManager(InsecureTrustManagerFactory.INSTANCE);
    }

    private static SslContext build(SslContextBuilder builder) {
        return build(builder, SslProvider.JDK);
    }

    private static SslContext build(SslContextBuilder builder, SslProvider provider) {
        try {
            return builder.sslProvider(provider).build();
        } catch (SSLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A server that speaks HTTP/1.1 with those who ask. */
    public static SslContext serverWithAlpn() {
        return build(forServer()
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        Protocol.ALPN,
                        SelectorFailureBehavior.NO_ADVERTISE,
                        SelectedListenerFailureBehavior.ACCEPT,
                        ApplicationProtocolNames.HTTP_1_1)));
    }

    /** A server that wants a certificate of its clients. */
    public static SslContext strictServer() {
        return build(forServer().clientAuth(ClientAuth.REQUIRE));
    }

    /** A client that has one. */
    public static SslContext clientWithCertificate() {
        return build(forClient().keyManager(Certificate.ONE.certificate(), Certificate.ONE.privateKey()));
    }

    @SuppressWarnings("deprecation") // its successor is one more dependency
    private static final class Certificate {
        static final SelfSignedCertificate ONE = make();

        private static SelfSignedCertificate make() {
            try {
                return new SelfSignedCertificate("localhost", "EC", 256);
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    public boolean isOn(Side side) {
        return switch (this) {
            case BOTH, BOTH_12 -> true;
            case FRONT, FRONT_12, FRONT_OPENSSL -> side == Side.FRONT;
            case BACK, BACK_12, BACK_OPENSSL -> side == Side.BACK;
        };
    }

    /** A close_notify ends both directions. */
    public boolean is12() {
        return switch (this) {
            case FRONT_12, BACK_12, BOTH_12 -> true;
            case FRONT, BACK, BOTH, FRONT_OPENSSL, BACK_OPENSSL -> false;
        };
    }

    /** The relay's own handler on that side. */
    public SslHandler handler(Side side) {
        SslContext context = side == Side.FRONT ? server : client;
        if (this == FRONT_OPENSSL || this == BACK_OPENSSL) {
            Skip.unless(OpenSsl.isAvailable(), "no OpenSSL: " + OpenSsl.unavailabilityCause());
            SslContextBuilder builder = side == Side.FRONT ? forServer() : forClient();
            context = build(builder.protocols(version), SslProvider.OPENSSL);
        }
        return context.newHandler(UnpooledByteBufAllocator.DEFAULT);
    }

    public SslContext serverContext() {
        return server;
    }

    /** For the pipeline hook of {@link TestRelayConfig}. */
    public void addTo(Side side, ChannelPipeline pipeline) {
        if (isOn(side)) {
            pipeline.addLast(handler(side));
        }
    }

    /** What stands at that side's far end. */
    public FarEnd farEnd(Side side, Peer peer) {
        return isOn(side) ? peerOf(side, peer) : FarEnd.plain(peer);
    }

    public TlsPeer peerOf(Side side, Peer peer) {
        SslContext context = side == Side.FRONT ? client : server;
        return new TlsPeer(peer, context.newEngine(UnpooledByteBufAllocator.DEFAULT));
    }
}
