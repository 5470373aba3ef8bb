// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import io.transportsplice.testing.Await;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Peer.End;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.Arrays;
import javax.net.ssl.SSLSocket;

/**
 * One far end of a stream through a guest: says and understands what goes over the wire there, through TLS where that is
 * spoken. One thread may send while another receives.
 */
final class GuestEnd implements AutoCloseable {
    private static final int CHUNK = 64 * 1024;

    /** All that came, as it was meant, and how it ended. */
    record Received(ByteBuffer bytes, End end) {}

    private final Peer peer;
    private final SSLSocket tls;
    private final Guest guest;
    private final Wire.Decoder decoder;
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private volatile int count;
    private volatile Throwable failure;

    private GuestEnd(Peer peer, Guest guest) throws IOException {
        this.peer = peer;
        this.guest = guest;
        tls = guest.isTls() ? TlsClients.client(peer) : null;
        decoder = guest.decoder();
    }

    /** @param guest whoever is at the other end of the wire */
    static GuestEnd of(Peer peer, Guest guest) throws IOException {
        guest.greet(peer);
        return new GuestEnd(peer, guest);
    }

    void send(byte[] meant) throws IOException {
        sendFirstHalf(meant);
        sendSecondHalf(meant);
    }

    void sendFirstHalf(byte[] meant) throws IOException {
        byte[] bytes = guest.encode(meant);
        send(bytes, 0, bytes.length / 2);
    }

    void sendSecondHalf(byte[] meant) throws IOException {
        byte[] bytes = guest.encode(meant);
        send(bytes, bytes.length / 2, bytes.length);
    }

    private void send(byte[] bytes, int from, int to) throws IOException {
        for (int i = from; i < to; i += CHUNK) {
            write(Arrays.copyOfRange(bytes, i, Math.min(i + CHUNK, to)));
        }
    }

    private void write(byte[] bytes) throws IOException {
        if (tls == null) {
            peer.send(bytes);
        } else {
            tls.getOutputStream().write(bytes);
        }
    }

    private int read(byte[] bytes) throws IOException {
        return tls == null
                ? peer.read(bytes, bytes.length)
                : tls.getInputStream().read(bytes);
    }

    /** Receives until so many bytes have come, or the stream has ended; returns the end, or null if it has not. */
    private End receive(int atLeast) {
        byte[] bytes = new byte[4 * CHUNK];
        while (count < atLeast) {
            int length;
            try {
                length = read(bytes);
            } catch (ClosedChannelException e) {
                throw new AssertionError("this end was closed after " + count + " bytes", e);
            } catch (IOException e) {
                return End.RESET;
            }
            if (length < 0) {
                return End.EOF;
            }
            received.writeBytes(decoder.decode(Arrays.copyOf(bytes, length)));
            count = received.size();
        }
        return null;
    }

    Received receiveToEnd() {
        try {
            End end = receive(Integer.MAX_VALUE);
            return new Received(ByteBuffer.wrap(received.toByteArray()), end);
        } catch (RuntimeException | Error e) {
            failure = e;
            throw e;
        }
    }

    /** While another thread receives. */
    void awaitReceived(int bytes) {
        Await.until("the far end has " + bytes + " bytes", () -> count, n -> n >= bytes || failure != null);
        if (failure != null) {
            throw new AssertionError("after " + count + " bytes", failure);
        }
    }

    /** What has come by then; it has no end. */
    Received receiveAtLeast(int bytes) {
        End end = receive(bytes);
        if (end != null) {
            throw new AssertionError(end + " after " + count + " bytes");
        }
        return new Received(ByteBuffer.wrap(received.toByteArray()), null);
    }

    /** The end of what it sends: through TLS told by TLS, too. */
    void halfClose() throws IOException {
        if (tls != null) {
            tls.shutdownOutput();
        }
        peer.halfClose();
    }

    void reset() throws IOException {
        peer.reset();
    }

    @Override
    public void close() {
        decoder.close();
    }
}
