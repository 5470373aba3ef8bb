// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.transportsplice.EpollSplice;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.SpliceOptions;
import io.transportsplice.SpliceOptions.Policy;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Family;
import io.transportsplice.testing.LoopGroups;
import io.transportsplice.testing.PatientClock;
import io.transportsplice.testing.Pattern;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How a channel connects, or fails to. */
@ExtendWith(Baseline.class)
@Timeout(60)
class ConnectContractTest {

    private static final String FAILED = "registered unregistered removed";

    /** How a channel comes by its handler. */
    enum Way {
        PLAIN(null, false, false),
        NEVER(Policy.NEVER, false, false),
        AUTO(Policy.AUTO, false, false),
        ALWAYS(Policy.ALWAYS, false, false),
        NEVER_LATE(Policy.NEVER, false, true),
        ALWAYS_LATE(Policy.ALWAYS, false, true),
        NEVER_WRAPPED(Policy.NEVER, true, false),
        ALWAYS_WRAPPED(Policy.ALWAYS, true, false),
        ALWAYS_LATE_WRAPPED(Policy.ALWAYS, true, true);

        private final Policy policy;
        private final boolean wrapped;
        private final boolean late;

        Way(Policy policy, boolean wrapped, boolean late) {
            this.policy = policy;
            this.wrapped = wrapped;
            this.late = late;
        }
    }

    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final Recorder recorder = new Recorder(new Pattern(0));
    private volatile Channel channel;
    private int timeoutMillis = 60_000;

    @AfterEach
    void endGroup() {
        LoopGroups.end(group);
    }

    private ChannelFuture connect(Way way, Family family, SocketAddress address) {
        IoEventLoopGroup loops = way.wrapped ? EpollSplice.wrap(group) : group;
        ChannelFuture connected = new Bootstrap()
                .group(loops)
                .channel(family.clientChannel())
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, timeoutMillis)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel opened) {
                        channel = opened;
                        opened.pipeline().addLast(recorder);
                        if (way.policy != null && !way.late) {
                            opened.pipeline().addFirst(handler(way));
                        }
                    }
                })
                .connect(Family.toNetty(address));
        if (way.policy != null && way.late) {
            onLoop(() -> {
                if (channel.isOpen()) {
                    channel.pipeline().addFirst(handler(way));
                }
            });
        }
        return connected;
    }

    private static EpollSpliceHandler handler(Way way) {
        return new EpollSpliceHandler(SpliceOptions.builder().policy(way.policy).build());
    }

    private void onLoop(Runnable task) {
        Await.until("it is registered", () -> channel != null && (channel.isRegistered() || !channel.isOpen()));
        channel.eventLoop().submit(task).syncUninterruptibly();
    }

    private void awaitEvents(String expected) {
        Await.until("the events: " + expected, recorder::events, expected::equals);
        Await.until("it is closed", () -> !channel.isOpen());
    }

    /** Takes no more connections: whoever connects waits. */
    private static final class FullServer implements AutoCloseable {
        private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

        private final ServerSocketChannel server = ServerSocketChannel.open();
        private final List<SocketChannel> clients = new ArrayList<>();

        FullServer() throws IOException {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
            int waiting = 0;
            while (waiting < 2) { // one may only have been slow
                SocketChannel client = SocketChannel.open();
                clients.add(client);
                client.configureBlocking(false);
                client.connect(server.getLocalAddress());
                waiting = connects(client) ? 0 : waiting + 1;
            }
        }

        private static boolean connects(SocketChannel client) throws IOException {
            PatientClock clock = new PatientClock();
            while (!client.finishConnect() && clock.elapsedNanos() < PATIENCE_NANOS) {
                Await.pause(1_000_000);
            }
            return client.isConnected();
        }

        SocketAddress address() throws IOException {
            return server.getLocalAddress();
        }

        @Override
        public void close() throws IOException {
            for (SocketChannel client : clients) {
                client.close();
            }
            server.close();
        }
    }

    private static SocketAddress nobody() throws IOException {
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            return server.getLocalAddress();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldFailWhenNobodyListens(Way way) throws Exception {
        ChannelFuture connected = connect(way, Family.TCP, nobody());
        assertInstanceOf(ConnectException.class, connected.await().cause());
        awaitEvents(FAILED);
    }

    @ParameterizedTest
    @EnumSource
    void shouldFailWhenTheFileIsNotThere(Way way) throws Exception {
        SocketAddress nowhere = Family.UNIX.freshAddress();
        ChannelFuture connected = connect(way, Family.UNIX, nowhere);
        assertInstanceOf(IOException.class, connected.await().cause());
        awaitEvents(FAILED);
        Family.forget(nowhere);
    }

    @ParameterizedTest
    @EnumSource
    void shouldFailWhenItTakesTooLong(Way way) throws Exception {
        timeoutMillis = 200;
        try (FullServer server = new FullServer()) {
            ChannelFuture connected = connect(way, Family.TCP, server.address());
            assertInstanceOf(ConnectTimeoutException.class, connected.await().cause());
            awaitEvents(FAILED);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldFailWhenClosedWhileConnecting(Way way) throws Exception {
        try (FullServer server = new FullServer()) {
            ChannelFuture connected = connect(way, Family.TCP, server.address());
            onLoop(() -> {});
            assertTrue(channel.close().await().isSuccess());
            assertInstanceOf(ClosedChannelException.class, connected.await().cause());
            awaitEvents(FAILED);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldCloseWhenCancelledWhileConnecting(Way way) throws Exception {
        try (FullServer server = new FullServer()) {
            ChannelFuture connected = connect(way, Family.TCP, server.address());
            onLoop(() -> {});
            assertTrue(connected.cancel(false));
            awaitEvents(FAILED);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldFailWhatIsWrittenWhileConnectingIfItNeverConnects(Way way) throws Exception {
        try (FullServer server = new FullServer()) {
            connect(way, Family.TCP, server.address());
            onLoop(() -> {});
            assertFalse(channel.isActive());
            ChannelFuture second = channel.connect(server.address());
            assertInstanceOf(ConnectionPendingException.class, second.await().cause());
            ChannelFuture written =
                    channel.writeAndFlush(channel.alloc().buffer(1).writeByte(1));
            channel.close().await();
            assertInstanceOf(ClosedChannelException.class, written.await().cause());
            awaitEvents(FAILED);
        }
    }

    /** The handler's work must not look like the end of connecting. */
    @ParameterizedTest
    @EnumSource
    void shouldBeActiveOnlyOnceConnected(Way way) throws Exception {
        try (FullServer server = new FullServer()) {
            ChannelFuture connected = connect(way, Family.TCP, server.address());
            for (int i = 0; i < 10; i++) {
                onLoop(() -> {});
            }
            assertEquals("registered", recorder.events());
            assertFalse(connected.isDone());
            channel.close().await();
            awaitEvents(FAILED);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseToConnectTwice(Way way) throws Exception {
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            ChannelFuture connected = connect(way, Family.TCP, server.getLocalAddress());
            assertTrue(connected.await().isSuccess());
            ChannelFuture second = channel.connect(server.getLocalAddress());
            assertInstanceOf(AlreadyConnectedException.class, second.await().cause());
            Await.until("it is active", recorder::events, "registered active"::equals);
            channel.close().await();
            awaitEvents("registered active inactive unregistered removed");
        }
    }
}
