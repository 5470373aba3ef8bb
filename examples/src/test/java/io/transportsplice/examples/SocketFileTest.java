// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SocketFileTest {
    @TempDir
    private Path directory;

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());

    @AfterEach
    void stop() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private Channel listen(Path path) throws IOException {
        Endpoint endpoint = Endpoint.parse("unix:" + path);
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(group)
                .channel(endpoint.serverChannelType())
                .childHandler(new ChannelHandlerAdapter() {});
        return ProxyServer.bind(bootstrap, endpoint.address());
    }

    private void assertRefuses(Path path, String why) {
        String message = assertThrows(IOException.class, () -> listen(path)).getMessage();
        assertTrue(message.startsWith("cannot listen on unix:" + path + ": ") && message.contains(why), message);
    }

    private static boolean answers(Path path) throws IOException {
        try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            return client.isConnected();
        }
    }

    private static ServerSocketChannel live(Path path) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        return server.bind(UnixDomainSocketAddress.of(path));
    }

    private static boolean isThere(Path path) {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
    }

    @Test
    void shouldListenWhereNothingIsAndRemoveItAfterwards() throws IOException {
        Path path = directory.resolve("sock");
        Channel listener = listen(path);
        assertEquals("unix:" + path, new Endpoint(listener.localAddress()).toString());
        assertTrue(answers(path));
        listener.close().awaitUninterruptibly();
        assertFalse(isThere(path));
    }

    @Test
    void shouldReplaceASocketThatNobodyListensOn() throws IOException {
        Path path = directory.resolve("sock");
        live(path).close(); // the JDK leaves the file
        assertTrue(isThere(path));
        listen(path);
        assertTrue(answers(path));
    }

    @Test
    void shouldLeaveAFileAlone() throws IOException {
        Path path = Files.writeString(directory.resolve("file"), "precious");
        assertRefuses(path, "is not a socket");
        assertEquals("precious", Files.readString(path));
    }

    @Test
    void shouldLeaveADirectoryAlone() throws IOException {
        Path path = Files.createDirectory(directory.resolve("empty"));
        assertRefuses(path, "is not a socket");
        assertTrue(Files.isDirectory(path));
    }

    @Test
    void shouldLeaveSymbolicLinksAlone() throws IOException {
        Path stale = directory.resolve("stale");
        live(stale).close();
        Path toStale = Files.createSymbolicLink(directory.resolve("toStale"), stale);
        assertRefuses(toStale, "is not a socket");
        Path dangling = Files.createSymbolicLink(directory.resolve("dangling"), directory.resolve("nothing"));
        assertRefuses(dangling, "is not a socket");
        assertTrue(Files.isSymbolicLink(toStale) && Files.isSymbolicLink(dangling) && isThere(stale));
    }

    @Test
    void shouldLeaveASocketAloneThatAnswers() throws IOException {
        Path path = directory.resolve("live");
        try (ServerSocketChannel other = live(path)) {
            assertRefuses(path, "in use");
            assertTrue(other.isOpen() && answers(path));
        }
    }

    @Test
    void shouldLeaveASocketAloneWhoseBacklogIsFull() throws IOException {
        Path path = directory.resolve("busy");
        try (ServerSocketChannel other = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            other.bind(UnixDomainSocketAddress.of(path), 1);
            try (SocketChannel first = SocketChannel.open(UnixDomainSocketAddress.of(path));
                    SocketChannel second = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
                assertTrue(first.isConnected() && second.isConnected());
                assertRefuses(path, "in use"); // by unix(7), a backlog of n holds n + 1
            }
            assertTrue(isThere(path));
        }
    }

    @Test
    void shouldLeaveADatagramSocketAlone() {
        Path path = directory.resolve("datagrams");
        new Bootstrap()
                .group(group)
                .channel(EpollDomainDatagramChannel.class)
                .handler(new ChannelHandlerAdapter() {})
                .bind(new DomainSocketAddress(path.toString()))
                .syncUninterruptibly();
        assertRefuses(path, "in use");
        assertTrue(isThere(path));
    }

    @Test
    void shouldNotRemoveTheSocketOfItsSuccessor() throws IOException {
        Path path = directory.resolve("sock");
        Channel old = listen(path);
        Files.delete(path);
        try (ServerSocketChannel successor = live(path)) {
            old.close().awaitUninterruptibly();
            assertTrue(successor.isOpen() && answers(path));
        }
    }

    @Test
    void shouldNotRemoveAFileThatHasTakenItsPlace() throws IOException {
        Path path = directory.resolve("sock");
        Channel old = listen(path);
        Files.delete(path);
        Files.writeString(path, "precious");
        old.close().awaitUninterruptibly();
        assertEquals("precious", Files.readString(path));
    }

    @Test
    void shouldSayThatThereIsNoDirectory() {
        assertRefuses(directory.resolve("nowhere/sock"), "No such file or directory");
    }

    @Test
    void shouldRemoveARelativePath() throws IOException {
        Path path = Path.of("target", "relative" + ProcessHandle.current().pid());
        Channel listener = listen(path);
        assertTrue(isThere(path));
        listener.close().awaitUninterruptibly();
        assertFalse(isThere(path));
    }
}
