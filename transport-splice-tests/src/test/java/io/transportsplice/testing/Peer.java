// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;

/**
 * One far end of a relayed connection: a blocking socket that sends and checks pattern bytes and can end its connection
 * in every way there is. One thread may send while another receives.
 */
public final class Peer implements AutoCloseable {
    private static final int READ_SIZE = 256 * 1024;
    private static final long PAUSE_NANOS = 1_000_000;

    /** How the other side's stream ended. */
    public enum End {
        EOF,
        RESET
    }

    /** All that came until the end, checked against the pattern, and which end it was. */
    public record Received(long bytes, End end) {}

    private final SocketChannel channel;

    Peer(SocketChannel channel) {
        this.channel = channel;
    }

    public static Peer connect(SocketAddress address) throws IOException {
        return connect(address, 0);
    }

    /** Connects with a receive buffer of the given size, which also bounds the window, or with the system's if it is 0. */
    public static Peer connect(SocketAddress address, int bufferSize) throws IOException {
        SocketChannel channel = SocketChannel.open(Family.of(address).protocol());
        try {
            configure(channel, bufferSize);
            channel.connect(address);
            return new Peer(channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    static void configure(SocketChannel channel, int bufferSize) throws IOException {
        if (channel.supportedOptions().contains(StandardSocketOptions.TCP_NODELAY)) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        }
        if (bufferSize > 0) {
            channel.setOption(StandardSocketOptions.SO_RCVBUF, bufferSize);
            channel.setOption(StandardSocketOptions.SO_SNDBUF, bufferSize);
        }
    }

    /** For what wants to speak by streams, such as TLS. */
    public Socket socket() {
        return channel.socket();
    }

    public SocketAddress localAddress() throws IOException {
        return channel.getLocalAddress();
    }

    public SocketAddress remoteAddress() throws IOException {
        return channel.getRemoteAddress();
    }

    /** Sends the pattern's bytes from one position up to another, in writes of the given size. */
    public void send(Pattern pattern, long from, long to, int chunk) throws IOException {
        byte[] bytes = new byte[chunk];
        for (long position = from; position < to; ) {
            int length = (int) Math.min(chunk, to - position);
            pattern.fill(bytes, 0, length, position);
            sendFully(ByteBuffer.wrap(bytes, 0, length));
            position += length;
        }
    }

    public void send(byte... bytes) throws IOException {
        sendFully(ByteBuffer.wrap(bytes));
    }

    /** Sends a byte of urgent data, which is no part of the stream for whoever reads it without {@code SO_OOBINLINE}. */
    public void sendUrgent(int value) throws IOException {
        channel.socket().sendUrgentData(value);
    }

    private void sendFully(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Sends from one position up to another for as long as the socket takes it; returns where that stopped. */
    public long sendWithoutWaiting(Pattern pattern, long from, long to) throws IOException {
        channel.configureBlocking(false);
        try {
            byte[] bytes = new byte[READ_SIZE];
            long position = from;
            int written = 1;
            while (written > 0 && position < to) {
                int length = (int) Math.min(bytes.length, to - position);
                pattern.fill(bytes, 0, length, position);
                written = channel.write(ByteBuffer.wrap(bytes, 0, length));
                position += written;
            }
            return position;
        } finally {
            channel.configureBlocking(true);
        }
    }

    /** Reads what comes first, at most {@code max} bytes; -1 at the end of the stream. */
    public int read(byte[] target, int max) throws IOException {
        return channel.read(ByteBuffer.wrap(target, 0, Math.min(max, target.length)));
    }

    /** Reads and checks exactly the bytes between the two positions. */
    public void receive(Pattern pattern, long from, long to) throws IOException {
        receive(pattern, from, to, READ_SIZE, 0);
    }

    /** Like {@link #receive(Pattern, long, long)}, but slowly: small reads, and a pause after each. */
    public void receive(Pattern pattern, long from, long to, int readSize, long pauseNanos) throws IOException {
        byte[] bytes = new byte[(int) Math.min(readSize, to - from)];
        for (long position = from; position < to; ) {
            int length = read(bytes, (int) Math.min(bytes.length, to - position));
            if (length < 0) {
                throw new AssertionError(
                        "stream " + pattern.id() + " ended at " + position + ", " + to + " bytes expected");
            }
            pattern.verify(bytes, 0, length, position);
            position += length;
            Await.pause(pauseNanos);
        }
    }

    /** Reads and checks everything up to the end, whichever end that is. */
    public Received receiveToEnd(Pattern pattern, long from) {
        return receiveToEnd(pattern, from, READ_SIZE, 0);
    }

    public Received receiveToEnd(Pattern pattern, long from, int readSize, long pauseNanos) {
        byte[] bytes = new byte[readSize];
        long position = from;
        while (true) {
            int length;
            try {
                length = read(bytes, readSize);
            } catch (ClosedChannelException e) {
                throw new AssertionError("this end was closed at " + position, e);
            } catch (IOException e) {
                return new Received(position, End.RESET);
            }
            if (length < 0) {
                return new Received(position, End.EOF);
            }
            pattern.verify(bytes, 0, length, position);
            position += length;
            Await.pause(pauseNanos);
        }
    }

    /** Reads and checks what comes until it ends in some way, or nothing has come for so long; returns where that was. */
    public long receiveUntilQuiet(Pattern pattern, long from, long quietNanos) throws IOException {
        channel.configureBlocking(false);
        byte[] bytes = new byte[READ_SIZE];
        long position = from;
        PatientClock quiet = new PatientClock();
        while (quiet.elapsedNanos() < quietNanos) {
            int length;
            try {
                length = read(bytes, bytes.length);
            } catch (IOException e) {
                return position;
            }
            if (length < 0) {
                return position;
            } else if (length > 0) {
                pattern.verify(bytes, 0, length, position);
                position += length;
                quiet = new PatientClock();
            } else {
                Await.pause(PAUSE_NANOS);
            }
        }
        channel.configureBlocking(true);
        return position;
    }

    public void halfClose() throws IOException {
        channel.shutdownOutput();
    }

    /** Receives no more. Only of a unix-domain socket does the other side know at once: its writes fail. */
    public void takeNoMore() throws IOException {
        channel.shutdownInput();
    }

    /** Ends a tcp connection so that the other side sees a reset. */
    public void reset() throws IOException {
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        channel.close();
    }

    /** Closes both directions at once: a FIN, or a reset if there are unread bytes. */
    @Override
    public void close() throws IOException {
        channel.close();
    }
}
