// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** SIGHUP, and what a service manager is told. */
@Timeout(120)
class ReloadIT {
    @TempDir
    private Path directory;

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final BlockingQueue<String> notes = new LinkedBlockingQueue<>();
    private Channel manager;
    private SSLContext trust;

    @BeforeEach
    void start() throws Exception {
        Programs.require("openssl");
        Certificates.make(directory, "localhost");
        trust = Certificates.trusting(directory);
        manager = new Bootstrap()
                .group(group)
                .channel(EpollDomainDatagramChannel.class)
                .handler(new SimpleChannelInboundHandler<DomainDatagramPacket>() {
                    @Override
                    protected void channelRead0(ChannelHandlerContext ctx, DomainDatagramPacket packet) {
                        notes.add(packet.content().toString(StandardCharsets.UTF_8));
                    }
                })
                .bind(new DomainSocketAddress(directory.resolve("notify").toString()))
                .sync()
                .channel();
    }

    @AfterEach
    void stop() {
        manager.close().syncUninterruptibly();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private String note() throws InterruptedException {
        return notes.poll(30, TimeUnit.SECONDS);
    }

    private void options(WireServer upstream, String... more) throws IOException {
        Files.writeString(
                directory.resolve("options"),
                "--to " + upstream.endpoint() + " --tls-cert " + directory.resolve("cert.pem") + " --tls-key "
                        + directory.resolve("key.pem") + " " + String.join(" ", more));
    }

    private SSLSocket connect(ProxyProcess proxy) throws IOException {
        Socket tcp = proxy.connect();
        return (SSLSocket) trust.getSocketFactory().createSocket(tcp, "localhost", proxy.port(), true);
    }

    private ProxyProcess startProxy() throws IOException {
        return ProxyProcess.start(
                Map.of("NOTIFY_SOCKET", directory.resolve("notify").toString()),
                "tcp-proxy",
                "@" + directory.resolve("options"));
    }

    private static void assertArrives(SSLSocket client, WireServer upstream, String text) throws Exception {
        Future<String> received = upstream.next(WireServer::rest);
        WireServer.write(client, text);
        client.shutdownOutput();
        assertEquals(text, received.get());
    }

    private void assertServes(ProxyProcess proxy, WireServer upstream) throws Exception {
        try (SSLSocket client = connect(proxy)) {
            assertArrives(client, upstream, "hello");
        }
    }

    private void assertReloads(ProxyProcess proxy, String complaint) throws Exception {
        proxy.hangUp();
        proxy.awaitComplaint(complaint);
        String reloading = note();
        assertTrue(reloading.matches("RELOADING=1\nMONOTONIC_USEC=\\d+"), reloading);
        assertEquals("READY=1", note());
    }

    @Test
    void shouldServeNewClientsAsTheOptionsHaveItNow() throws Exception {
        try (WireServer first = WireServer.start();
                WireServer second = WireServer.start()) {
            options(first);
            ProxyProcess proxy = startProxy();
            try (proxy) {
                assertEquals("READY=1", note());
                Future<String> before = first.next(connection -> {
                    String start = WireServer.until(connection, "start");
                    WireServer.write(connection, "!");
                    return start + WireServer.rest(connection);
                });
                try (SSLSocket old = connect(proxy)) {
                    WireServer.write(old, "start");
                    assertEquals('!', old.getInputStream().read());

                    Certificates.make(directory, "localhost");
                    options(second, "--max-connections 2", "--threads 2");
                    assertReloads(proxy, "--threads takes a restart");
                    try (SSLSocket distrustful = connect(proxy)) {
                        assertThrows(SSLHandshakeException.class, distrustful::startHandshake);
                    }
                    trust = Certificates.trusting(directory);
                    assertServes(proxy, second);
                    assertTrue(proxy.get("/metrics").body().contains("{upstream=\"" + second.endpoint()));
                    assertFalse(proxy.get("/metrics").body().contains("{upstream=\"" + first.endpoint()));

                    Files.writeString(directory.resolve("options"), "--to nonsense");
                    assertReloads(proxy, "goes on as before: Invalid value for option '--to'");
                    options(second);
                    Files.delete(directory.resolve("cert.pem"));
                    assertReloads(proxy, "goes on as before: cannot use --tls-cert, --tls-key");
                    assertServes(proxy, second);

                    WireServer.write(old, " and end");
                    old.shutdownOutput();
                    assertEquals("start and end", before.get());
                }
                proxy.terminate();
                assertEquals("STOPPING=1", note());
            }
        }
    }

    /** Modes and timeouts take a restart: what goes only with others of them is of no use. */
    @ParameterizedTest
    @CsvSource({
        "--mode stock, --accept-proxy, not in mode stock",
        "--mode stock, --bandwidth 1m, not in mode stock",
        "--mode stock, --to-tls, not in mode stock",
        "--idle-timeout 2s, --bandwidth 64k, one message may take longer"
    })
    void shouldNotTakeOptionsThatGoNotWithThoseThatStay(String staying, String option, String why) throws Exception {
        try (WireServer upstream = WireServer.start()) {
            Path options = directory.resolve("options");
            Files.writeString(options, staying + " --to " + upstream.endpoint());
            ProxyProcess proxy = startProxy();
            try (proxy) {
                assertEquals("READY=1", note());
                Files.writeString(options, "--mode auto --to " + upstream.endpoint() + " " + option);
                assertReloads(
                        proxy,
                        "goes on as before: Invalid value for option '" + option.split(" ", -1)[0] + "': " + why);
                Future<String> received = upstream.next(connection -> WireServer.until(connection, "hello"));
                try (Socket client = proxy.connect()) {
                    WireServer.write(client, "hello");
                    assertEquals("hello", received.get());
                }
            }
        }
    }

    /** The key is a FIFO, so that the proxy waits for it. */
    @Test
    void shouldHeedASignalThatComesBeforeItListens() throws Exception {
        Path key = directory.resolve("key.pem");
        byte[] bytes = Files.readAllBytes(key);
        Files.delete(key);
        Programs.mustSucceed(Programs.run("mkfifo", key.toString()));
        try (WireServer upstream = WireServer.start()) {
            options(upstream);
            feed(key, bytes, () -> Programs.mustSucceed(Programs.run("kill", "-HUP", "" + child())));
            try (ProxyProcess proxy = startProxy()) {
                feed(key, bytes, () -> {});
                proxy.awaitComplaint("has read its options again");
                assertServes(proxy, upstream);
            }
        }
    }

    /** @param whenRead run once somebody reads it, who gets the bytes afterwards */
    private static void feed(Path fifo, byte[] bytes, Runnable whenRead) {
        Thread thread = new Thread(
                () -> {
                    try (OutputStream out = Files.newOutputStream(fifo)) {
                        whenRead.run();
                        out.write(bytes);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                "feeder");
        thread.setDaemon(true);
        thread.start();
    }

    /** The proxy, before it has told that it listens. */
    private long child() {
        String options = directory.resolve("options").toString();
        return ProcessHandle.current()
                .children()
                .filter(each -> each.info().commandLine().orElse("").contains(options))
                .findFirst()
                .orElseThrow()
                .pid();
    }

    /** As between the renewal of the one file and that of the other. */
    @Test
    void shouldGoOnAsBeforeWhenTheKeyIsNotTheCertificates() throws Exception {
        try (WireServer upstream = WireServer.start()) {
            options(upstream);
            ProxyProcess proxy = startProxy();
            try (proxy) {
                assertEquals("READY=1", note());
                byte[] key = Files.readAllBytes(directory.resolve("key.pem"));
                Certificates.make(directory, "localhost");
                Files.write(directory.resolve("key.pem"), key);
                assertReloads(
                        proxy, "goes on as before: cannot use --tls-cert, --tls-key: the key and the certificate");
                assertServes(proxy, upstream);
            }
        }
    }
}
