// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.handler.ssl.util.SelfSignedCertificate;
import io.transportsplice.testing.Backend;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Carriage;
import io.transportsplice.testing.Family;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Side;
import io.transportsplice.testing.TestRelay;
import io.transportsplice.testing.TestRelayConfig;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A proxy that ends TLS: the encrypted side must be copied, whatever the other side would like to do. */
@ExtendWith(Baseline.class)
@Timeout(120)
class TlsTest {
    private static final int MIB = 1024 * 1024;
    private static final int BYTES = 16 * MIB;

    private static SslContext server;
    private static SSLContext client;

    @BeforeAll
    @SuppressWarnings("deprecation") // its successor is one more dependency
    static void makeContexts() throws Exception {
        SelfSignedCertificate certificate = new SelfSignedCertificate("localhost");
        server = SslContextBuilder.forServer(certificate.certificate(), certificate.privateKey())
                .sslProvider(SslProvider.JDK)
                .build();
        client = SSLContext.getInstance("TLS");
        client.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
    }

    /** The splice handler stands behind TLS, where it cannot splice, but can turn regions into what TLS understands. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY"})
    void shouldCarryBetweenTlsAndPlaintext(Mode mode) throws Exception {
        ExecutorService background = Executors.newCachedThreadPool();
        Pattern up = new Pattern(1);
        Pattern down = new Pattern(2);
        Carriage carriage = new Carriage();
        try (Backend backend = Backend.open(Family.TCP, 0);
                TestRelay relay = new TestRelayConfig(mode)
                        .backend(backend.address())
                        .pipeline(TlsTest::addTls)
                        .start()) {
            InetSocketAddress address = (InetSocketAddress) relay.address();
            try (SSLSocket socket = (SSLSocket)
                            client.getSocketFactory().createSocket(address.getAddress(), address.getPort());
                    Peer serverEnd = backend.accept()) {
                Future<?> handshake = background.submit(() -> {
                    socket.startHandshake();
                    socket.getOutputStream().write(up.bytes(0, BYTES));
                    return null;
                });
                serverEnd.receive(up, 0, BYTES);
                Rig.await(handshake);
                Future<?> sending = background.submit(() -> {
                    serverEnd.send(down, 0, BYTES, 64 * 1024);
                    return null;
                });
                byte[] received = socket.getInputStream().readNBytes(BYTES);
                Rig.await(sending);
                assertEquals(BYTES, received.length);
                down.verify(received, 0, BYTES, 0);
            }
            relay.awaitNoChannels();
        } finally {
            background.shutdownNow();
        }
        carriage.verifyNothingSpliced();
    }

    private static void addTls(Side side, ChannelPipeline pipeline) {
        if (side == Side.FRONT) {
            pipeline.addFirst(server.newHandler(pipeline.channel().alloc()));
        }
    }
}
