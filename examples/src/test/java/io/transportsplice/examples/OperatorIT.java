// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.transportsplice.examples.Programs.Ended;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What those who run a proxy see of it from outside. */
@Timeout(120)
class OperatorIT {
    private static final String NO_DESCRIPTOR = "proxy_accept_failures_total{reason=\"no_descriptor\"}";

    private ServerSocket upstream;
    private ProxyProcess proxy;

    @BeforeEach
    void start() throws IOException {
        upstream = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        proxy = ProxyProcess.start(
                "tcp-proxy", "--to", "127.0.0.1:" + upstream.getLocalPort(), "--drain-timeout", "1h");
    }

    @AfterEach
    void stop() throws IOException {
        proxy.discard();
        upstream.close();
    }

    private static void assertRelays(Socket client, Socket server) throws IOException {
        client.getOutputStream().write(1);
        assertEquals(1, server.getInputStream().read());
    }

    private void assertIs(String expected, String path, int status) throws Exception {
        var answer = proxy.get(path);
        assertEquals(expected + "\n", answer.body());
        assertEquals(status, answer.statusCode());
    }

    @Test
    void shouldNotBeReadyWhileItDrains() throws Exception {
        try (Socket client = proxy.connect();
                Socket server = upstream.accept()) {
            assertRelays(client, server);
            assertIs("alive", "/healthz", 200);
            assertIs("ready", "/readyz", 200);
            assertEquals(0, proxy.metric("proxy_draining"));
            proxy.terminate();
            proxy.awaitNoListener();
            assertIs("alive", "/healthz", 200);
            assertIs("draining", "/readyz", 503);
            assertEquals(1, proxy.metric("proxy_draining"));
        }
        proxy.awaitEnd();
    }

    @Test
    void shouldCountTheClientsThatItHasNoDescriptorFor() throws Exception {
        Programs.require("prlimit");
        String upstreamConnects = "proxy_upstream_connects_total{upstream=\"127.0.0.1:%d\"}";
        assertEquals(0, proxy.metric(NO_DESCRIPTOR)); // by a connection that is kept
        limitDescriptors(1);
        try (Socket client = proxy.connect()) {
            proxy.awaitMetric(NO_DESCRIPTOR, failures -> failures > 0);
            limitDescriptors(1_000);
            try (Socket server = upstream.accept()) {
                assertRelays(client, server);
            }
        }
        assertEquals(0, proxy.metric("proxy_accept_failures_total{reason=\"other\"}"));
        assertEquals(1, proxy.metric(upstreamConnects.formatted(upstream.getLocalPort())));
    }

    @Test
    void shouldCountTheBytesOfAnUpstreamWhileItsConnectionLives() throws Exception {
        try (Socket client = proxy.connect();
                Socket server = upstream.accept()) {
            client.getOutputStream().write(new byte[300]);
            assertEquals(300, server.getInputStream().readNBytes(300).length);
            assertBytes(300, 0);
            server.getOutputStream().write(new byte[5_000]);
            assertEquals(5_000, client.getInputStream().readNBytes(5_000).length);
            assertBytes(300, 5_000);
            client.getOutputStream().write(1);
            assertEquals(1, server.getInputStream().read());
        }
        proxy.awaitMetric("proxy_clients", clients -> clients == 0);
        assertBytes(301, 5_000);
    }

    private void assertBytes(long up, long down) {
        String name = "upstream=\"127.0.0.1:" + upstream.getLocalPort() + "\"";
        assertEquals(up, proxy.metric("proxy_relayed_bytes_total{direction=\"up\"}"));
        assertEquals(down, proxy.metric("proxy_relayed_bytes_total{direction=\"down\"}"));
        assertEquals(up, proxy.metric("proxy_upstream_relayed_bytes_total{direction=\"up\"," + name + "}"));
        assertEquals(down, proxy.metric("proxy_upstream_relayed_bytes_total{direction=\"down\"," + name + "}"));
    }

    private void limitDescriptors(int count) {
        Ended ended = Programs.run("prlimit", "--pid", String.valueOf(proxy.pid()), "--nofile=" + count + ":");
        Programs.mustSucceed(ended);
    }
}
