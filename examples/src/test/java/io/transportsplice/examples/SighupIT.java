// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** SIGHUP for each of the proxies: those that have upstreams or routes get others, and nobody is harmed. */
@Timeout(120)
class SighupIT {
    private static final int PATIENCE_MILLIS = 30_000;
    private static final String RELOADED = "has read its options again";

    @TempDir
    private static Path directory;

    private static SSLContext tls;

    private final List<ServerSocket> servers = new ArrayList<>();

    @BeforeAll
    static void makeCertificate() throws Exception {
        tls = Certificates.ofBothEnds(directory, SoakKind.NAME);
    }

    @BeforeEach
    void listen() throws IOException {
        for (int i = 0; i < 2; i++) {
            ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            server.setSoTimeout(PATIENCE_MILLIS);
            servers.add(server);
        }
    }

    @AfterEach
    void close() throws IOException {
        for (ServerSocket server : servers) {
            server.close();
        }
    }

    /** A client of a proxy, and the server that it is to reach. */
    private static final class Talk implements AutoCloseable {
        private final SoakKind kind;
        private final ServerSocket listener;
        private final Socket tcp;
        private final Socket client;
        private Socket server;
        private Socket accepted;

        Talk(SoakKind kind, ProxyProcess proxy, ServerSocket listener) throws IOException {
            this.kind = kind;
            this.listener = listener;
            tcp = kind.connect(proxy.port(), listener.getLocalPort(), false, PATIENCE_MILLIS);
            client = kind == SoakKind.SNI
                    ? tls.getSocketFactory().createSocket(tcp, SoakKind.NAME, proxy.port(), true)
                    : tcp;
        }

        /** There and back. */
        void say(String word) throws Exception {
            Future<?> said = CompletableFuture.runAsync(() -> write(request(word)));
            if (server == null) {
                server = accept();
            }
            WireServer.until(server, request(word).substring(request(word).length() - 4));
            said.get();
            WireServer.write(server, answer(word));
            assertTrue(WireServer.until(client, word + "!").endsWith(word + "!"), word);
        }

        private Socket accept() throws IOException {
            accepted = listener.accept();
            accepted.setSoTimeout(PATIENCE_MILLIS);
            return kind == SoakKind.SNI ? tls.getSocketFactory().createSocket(accepted, null, true) : accepted;
        }

        private String request(String word) {
            return kind == SoakKind.REVERSE ? "GET /" + word + " HTTP/1.1\r\nHost: x\r\n\r\n" : word + "???\n";
        }

        private String answer(String word) {
            String body = word + "!";
            return kind == SoakKind.REVERSE
                    ? "HTTP/1.1 200 OK\r\n" + SoakBody.framing(body.length(), false) + "\r\n" + body
                    : body;
        }

        private void write(String text) {
            try {
                WireServer.write(client, text);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() throws IOException {
            tcp.close(); // TLS would wait for the other side
            if (accepted != null) {
                accepted.close();
            }
        }
    }

    private static void awaitReloads(ProxyProcess proxy, int times) throws IOException {
        while (proxy.complaints().split(RELOADED, -1).length <= times) { // until the test's timeout
            LockSupport.parkNanos(10_000_000);
        }
    }

    private Path options(SoakKind kind, int reloads) throws IOException {
        List<Integer> ports = servers.stream().map(ServerSocket::getLocalPort).toList();
        return Files.writeString(directory.resolve(kind.program()), kind.options(reloads, ports));
    }

    @ParameterizedTest
    @EnumSource
    void shouldLoseNobodyAndServeNewClientsAsTheOptionsHaveItNow(SoakKind kind) throws Exception {
        try (ProxyProcess proxy = ProxyProcess.start(kind.program(), "@" + options(kind, 0));
                Talk old = new Talk(kind, proxy, servers.get(0))) {
            old.say("before");
            options(kind, 1);
            for (int times = 1;
                    times <= 2;
                    times++) { // of some proxies nothing can change, and the second time nothing has
                proxy.hangUp();
                awaitReloads(proxy, times);
                old.say("after");
                try (Talk young = new Talk(kind, proxy, servers.get(1))) {
                    young.say("hello");
                    old.say("both");
                }
            }
            assertFalse(proxy.complaints().contains("goes on as before"), proxy.complaints());
        }
    }

    /** The first check after it takes as long as the connect timeout here. */
    @Test
    void shouldStillLeaveOutAnUpstreamThatWasIll() throws Exception {
        AtomicBoolean isSilent = new AtomicBoolean();
        try (WireServer ill = WireServer.start()) {
            Future<Integer> checks = ill.each(connection -> {
                WireServer.until(connection, "\n");
                if (isSilent.get()) {
                    WireServer.rest(connection);
                } else {
                    WireServer.write(connection, "-NO\r\n");
                }
            });
            try (ProxyProcess proxy = ProxyProcess.start(
                    "tcp-proxy",
                    ("--connect-timeout 60s --check-interval 50ms --check-send PING --check-expect + --to "
                                    + ill.endpoint())
                            .split(" "))) {
                String up = "proxy_upstream_up{upstream=\"" + ill.endpoint() + "\"}";
                proxy.awaitMetric(up, value -> value == 0);
                isSilent.set(true);
                proxy.hangUp();
                awaitReloads(proxy, 1);
                assertEquals(0, proxy.metric(up));
                ill.stop();
            }
            assertTrue(checks.get() > 0);
        }
    }
}
