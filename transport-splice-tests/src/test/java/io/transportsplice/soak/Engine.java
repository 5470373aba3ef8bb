// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.soak;

import io.transportsplice.testing.PatientClock;
import io.transportsplice.testing.Pattern;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Runs both ends of every connection on one thread: clients of the proxy, and the servers behind it. */
final class Engine implements AutoCloseable {
    private static final int BUFFER = 512 * 1024;
    private static final int BACKLOG = 1024;

    private record Alarm(long at, Endpoint endpoint) {}

    private final TortureOptions options;
    private final Ledger ledger;
    private final Selector selector = Selector.open();
    private final ServerSocketChannel clientFirst;
    private final ServerSocketChannel serverFirst;
    private final PriorityQueue<Alarm> alarms = new PriorityQueue<>((a, b) -> Long.compare(a.at, b.at));
    private final Set<Endpoint> endpoints = new HashSet<>();
    private final Set<Endpoint> clients = new HashSet<>();
    private final ByteBuffer writeBuffer = ByteBuffer.allocate(BUFFER);
    private final byte[] readArray = new byte[BUFFER];
    private final PatientClock patience = new PatientClock();
    private long now = System.nanoTime();
    private long patientNow;
    private int nextId;

    Engine(TortureOptions options, Ledger ledger) throws IOException {
        this.options = options;
        this.ledger = ledger;
        clientFirst = listen(options.backendPort());
        serverFirst = listen(options.serverFirstBackendPort());
    }

    private ServerSocketChannel listen(int port) throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open();
        channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), BACKLOG);
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_ACCEPT);
        return channel;
    }

    SocketAddress clientFirstAddress() throws IOException {
        return clientFirst.getLocalAddress();
    }

    SocketAddress serverFirstAddress() throws IOException {
        return serverFirst.getLocalAddress();
    }

    /** How many clients are connected. */
    int open() {
        return clients.size();
    }

    Selector selector() {
        return selector;
    }

    long now() {
        return now;
    }

    /** The time by which to judge that something hangs. */
    long patientNow() {
        return patientNow;
    }

    long seed() {
        return options.seed();
    }

    Ledger ledger() {
        return ledger;
    }

    /** A client that sends a header first, to a proxy for {@link #clientFirstAddress()}. */
    void startClientFirst(SocketAddress proxy) throws IOException {
        Connection connection = ledger.opened(Plan.of(options, nextId), patientNow);
        nextId += 2;
        SocketChannel channel = connect(proxy, connection.plan.initiator().bufferSize());
        add(new Endpoint(this, channel, connection, options.seed() ^ connection.plan.id()), true);
    }

    /** A client that waits for a header, of a proxy for {@link #serverFirstAddress()}. */
    void startServerFirst(SocketAddress proxy) throws IOException {
        SocketChannel channel = connect(proxy, 0);
        add(new Endpoint(this, channel, null, options.seed() ^ nextId), true);
    }

    /** With its buffers made before its window is agreed on, where they are known. */
    private static SocketChannel connect(SocketAddress proxy, int bufferSize) throws IOException {
        SocketChannel channel = SocketChannel.open();
        configure(channel, bufferSize);
        channel.connect(proxy);
        channel.configureBlocking(false);
        return channel;
    }

    static void configure(SocketChannel channel, int bufferSize) throws IOException {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        if (bufferSize > 0) {
            channel.setOption(StandardSocketOptions.SO_RCVBUF, bufferSize);
            channel.setOption(StandardSocketOptions.SO_SNDBUF, bufferSize);
        }
    }

    private void accept(ServerSocketChannel server) throws IOException {
        for (SocketChannel channel = server.accept(); channel != null; channel = server.accept()) {
            channel.configureBlocking(false);
            if (server == clientFirst) {
                add(new Endpoint(this, channel, null, options.seed() ^ ~nextId), false);
            } else {
                Connection connection = ledger.opened(Plan.of(options, nextId + 1), patientNow);
                nextId += 2;
                add(new Endpoint(this, channel, connection, options.seed() ^ connection.plan.id()), false);
            }
        }
    }

    private void add(Endpoint endpoint, boolean client) {
        endpoints.add(endpoint);
        if (client) {
            clients.add(endpoint);
        }
        endpoint.updateInterest();
    }

    void closed(Endpoint endpoint) {
        endpoints.remove(endpoint);
        clients.remove(endpoint);
    }

    void wakeAt(long at, Endpoint endpoint) {
        alarms.add(new Alarm(at, endpoint));
    }

    /** Lets everything happen that can, and waits a moment if nothing can. */
    void turn() throws IOException {
        long wait = alarms.isEmpty() ? 10 : TimeUnit.NANOSECONDS.toMillis(alarms.peek().at - System.nanoTime());
        if (wait > 0) {
            selector.select(Math.min(wait, 10));
        } else {
            selector.selectNow();
        }
        now = System.nanoTime();
        patientNow = patience.elapsedNanos();
        for (SelectionKey key : selector.selectedKeys()) {
            if (key.isValid() && key.attachment() instanceof Endpoint endpoint) {
                endpoint.turn();
            } else if (key.isValid()) {
                accept((ServerSocketChannel) key.channel());
            }
        }
        selector.selectedKeys().clear();
        while (!alarms.isEmpty() && alarms.peek().at <= now) {
            alarms.poll().endpoint.turn();
        }
    }

    /** Ends what has not moved for so long. True if there was any. */
    boolean endHanging(long nanos) throws IOException {
        List<Endpoint> quiet = new ArrayList<>();
        for (Endpoint endpoint : endpoints) {
            if (patientNow - endpoint.quietSince() > nanos) {
                quiet.add(endpoint);
            }
        }
        for (Endpoint endpoint : quiet) {
            endpoint.hang();
        }
        return !quiet.isEmpty();
    }

    /** A line for each end that is not done. */
    void printOpen() {
        endpoints.forEach(System.out::println);
    }

    boolean isQuiet() {
        return endpoints.isEmpty();
    }

    /** The one buffer for writing, filled with pattern. */
    ByteBuffer filled(Pattern pattern, long position, int length) {
        pattern.fill(writeBuffer.array(), 0, length, position);
        return writeBuffer.clear().limit(length);
    }

    /** The one buffer for reading. */
    ByteBuffer readBuffer(int max) {
        return ByteBuffer.wrap(readArray, 0, Math.min(max, BUFFER));
    }

    @Override
    public void close() throws IOException {
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        selector.close();
    }
}
