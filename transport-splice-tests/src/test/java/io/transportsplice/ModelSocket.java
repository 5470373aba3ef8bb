// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.Socket;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/**
 * One connection of the model: a channel of Netty's, and its far end in the hands of the test. The bytes are in real
 * sockets, because Netty itself reads and writes nowhere else; but what epoll says of them and what splice does with
 * them is the model's: it knows what was sent and what was consumed, and how much room there is.
 */
final class ModelSocket implements AutoCloseable {
    static final int IN = 0x1;
    static final int OUT = 0x4;
    static final int ERR = 0x8;
    static final int HUP = 0x10;
    static final int RDHUP = 0x2000;

    /** How the stream to the far end went on. */
    enum End {
        NONE,
        EOF,
        RESET
    }

    private static final int BUFFER = 128 * 1024;
    /** A prime, so that no two chunks of a usual size are alike. */
    private static final int PATTERN = 251;

    private static final int OTHER_LANE = 101;

    private final int lane;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
    private final SocketChannel peer;
    private final EpollSocketChannel channel;
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private End end = End.NONE;
    private long sent;
    private long consumed;
    private boolean ended;
    private boolean reset;
    private long room;
    private Runnable beforeFill = () -> {};
    private boolean refused;
    private int fatalFills;
    private int fatalDrains;

    /** @param lane says what bytes its far end sends */
    ModelSocket(int lane, long room) throws IOException {
        this.lane = lane;
        this.room = room;
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
            Socket socket = Socket.newSocketStream();
            if (!socket.connect(server.getLocalAddress())) {
                peer = server.accept();
                if (!socket.finishConnect()) {
                    throw new IOException("accepted, but not connected");
                }
            } else {
                peer = server.accept();
            }
            peer.configureBlocking(false);
            channel = new EpollSocketChannel(socket.intValue());
        }
    }

    /** What the far end of a lane sends. */
    static byte[] pattern(int lane, long from, int length) {
        byte[] bytes = new byte[length];
        int column = (int) (from % PATTERN);
        int row = (int) (from / PATTERN);
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (column + row + lane * OTHER_LANE);
            if (++column == PATTERN) {
                column = 0;
                row++;
            }
        }
        return bytes;
    }

    EpollSocketChannel channel() {
        return channel;
    }

    // What the test does at the far end.

    /** Sends as much of this as the buffers between take. */
    void send(int bytes) throws IOException {
        if (ended || reset || end != End.NONE) {
            return;
        }
        buffer.clear().put(pattern(lane, sent, Math.min(bytes, BUFFER))).flip();
        try {
            sent += peer.write(buffer);
        } catch (IOException e) { // the channel is closed
            end = End.RESET;
        }
    }

    void sendEnd() throws IOException {
        if (!ended && !reset && end == End.NONE) {
            ended = true;
            peer.shutdownOutput();
        }
    }

    void sendReset() throws IOException {
        if (!reset) {
            receive();
            reset = true;
            close();
        }
    }

    /** Takes what has arrived. */
    void receive() {
        while (end == End.NONE && !reset) {
            buffer.clear();
            try {
                int n = peer.read(buffer);
                if (n < 0) {
                    end = End.EOF;
                }
                if (n <= 0) {
                    return;
                }
                byte[] bytes = new byte[n];
                buffer.get(0, bytes);
                received.write(bytes, 0, n);
            } catch (IOException e) {
                end = End.RESET;
            }
        }
    }

    byte[] received() {
        return received.toByteArray();
    }

    End end() {
        return end;
    }

    // What the kernel knows.

    /** What is to be asked before each fill. */
    void beforeFill(Runnable check) {
        beforeFill = check;
    }

    void isToBeFilled() {
        beforeFill.run();
    }

    /** Epoll does not take it. */
    void refused() {
        refused = true;
    }

    boolean isRefused() {
        return refused;
    }

    /** A fill fails with an error of the connection. */
    void fillFailed() {
        fatalFills++;
    }

    void drainFailed() {
        fatalDrains++;
    }

    int fatalFills() {
        return fatalFills;
    }

    int fatalDrains() {
        return fatalDrains;
    }

    void consumed(long bytes) {
        consumed += bytes;
    }

    long unread() {
        return reset ? 0 : sent - consumed;
    }

    boolean isEnded() {
        return ended;
    }

    boolean isReset() {
        return reset;
    }

    long room() {
        return room;
    }

    void makeRoom(long bytes) {
        room = Math.min(Integer.MAX_VALUE, room + bytes);
    }

    void tookRoom(long bytes) {
        room -= bytes;
    }

    /** What epoll would say, whatever one is interested in. */
    int conditions() {
        if (reset) {
            return IN | OUT | ERR | HUP | RDHUP;
        }
        int bits = room > 0 ? OUT : 0;
        if (unread() > 0) {
            bits |= IN;
        }
        if (ended || channel.isInputShutdown()) {
            bits |= IN | RDHUP;
            if (channel.isOutputShutdown()) {
                bits |= HUP;
            }
        }
        return bits;
    }

    @Override
    public void close() throws IOException {
        if (peer.isOpen()) {
            peer.setOption(StandardSocketOptions.SO_LINGER, 0);
            peer.close();
        }
    }
}
