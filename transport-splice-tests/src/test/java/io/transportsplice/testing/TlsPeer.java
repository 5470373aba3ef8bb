// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;

/**
 * A far end that speaks TLS, by an engine of its own, and is strict: a {@code close_notify} is not a FIN is not a reset. One
 * thread may send while another receives.
 */
public final class TlsPeer implements FarEnd {
    private static final int CHUNK = 16 * 1024;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Peer peer;
    private final SSLEngine engine;
    private final byte[] chunk = new byte[CHUNK];
    /** Enciphered, not decoded yet. */
    private final ByteBuffer in = ByteBuffer.allocate(8 * CHUNK).flip();
    /** Decoded, not handed out yet. */
    private final ByteBuffer plain;

    private final ByteBuffer out;

    public TlsPeer(Peer peer, SSLEngine engine) {
        this.peer = peer;
        this.engine = engine;
        plain = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize() + CHUNK)
                .flip();
        out = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    }

    @Override
    public Peer peer() {
        return peer;
    }

    @Override
    public void handshake() throws IOException {
        engine.beginHandshake();
        while (true) {
            switch (engine.getHandshakeStatus()) {
                case NEED_WRAP -> wrap(NOTHING);
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
                    if (unwrap().getStatus() == SSLEngineResult.Status.CLOSED) {
                        throw new IOException("a close_notify in the handshake");
                    }
                }
                case NEED_TASK -> engine.getDelegatedTask().run();
                default -> {
                    return;
                }
            }
        }
    }

    @Override
    public void send(Pattern pattern, long from, long to) throws IOException {
        for (long position = from; position < to; position += CHUNK) {
            ByteBuffer bytes = ByteBuffer.wrap(pattern.bytes(position, (int) Math.min(CHUNK, to - position)));
            while (bytes.hasRemaining()) {
                wrap(bytes);
            }
        }
    }

    private void wrap(ByteBuffer bytes) throws IOException {
        boolean some = bytes.hasRemaining();
        out.clear();
        SSLEngineResult result = engine.wrap(bytes, out);
        peer.send(Arrays.copyOf(out.array(), out.position()));
        if (some && result.getStatus() == SSLEngineResult.Status.CLOSED) {
            throw new IOException("this end's TLS takes nothing more");
        }
    }

    /** Decodes once, reading if there is need. */
    private SSLEngineResult unwrap() throws IOException {
        while (true) {
            plain.compact();
            SSLEngineResult result;
            try {
                result = engine.unwrap(in, plain);
            } finally {
                plain.flip();
            }
            if (result.getStatus() != SSLEngineResult.Status.BUFFER_UNDERFLOW) {
                return result;
            }
            if (!readMore()) {
                throw new EOFException("a FIN without a close_notify");
            }
        }
    }

    private boolean readMore() throws IOException {
        int length = peer.read(chunk, chunk.length);
        if (length > 0) {
            in.compact().put(chunk, 0, length).flip();
        }
        return length >= 0;
    }

    /** Whether there are decoded bytes to come; not after a {@code close_notify}. */
    private boolean hasMore() throws IOException {
        while (!plain.hasRemaining()) {
            if (unwrap().getStatus() == SSLEngineResult.Status.CLOSED) {
                return false;
            }
        }
        return true;
    }

    private long take(Pattern pattern, long position, int most) {
        byte[] bytes = new byte[Math.min(most, plain.remaining())];
        plain.get(bytes);
        pattern.verify(bytes, 0, bytes.length, position);
        return position + bytes.length;
    }

    @Override
    public void receive(Pattern pattern, long from, long to) throws IOException {
        long position = from;
        while (position < to) {
            if (!hasMore()) {
                throw new AssertionError("a close_notify at " + position + ", " + to + " bytes expected");
            }
            position = take(pattern, position, (int) Math.min(CHUNK, to - position));
        }
    }

    @Override
    public Received receiveToEnd(Pattern pattern, long from, long pauseNanos) {
        long position = from;
        try {
            while (hasMore()) {
                position = take(pattern, position, CHUNK);
                Await.pause(pauseNanos);
            }
        } catch (EOFException e) {
            return new Received(position, End.TRUNCATED);
        } catch (SSLException e) {
            return new Received(position, End.ALERT);
        } catch (IOException e) {
            return new Received(position, End.RESET);
        }
        return new Received(position, endAfterCloseNotify());
    }

    private End endAfterCloseNotify() {
        try {
            do {
                if (in.hasRemaining()) {
                    throw new AssertionError(in.remaining() + " bytes behind the close_notify");
                }
            } while (readMore());
            return End.WHOLE;
        } catch (IOException e) {
            return End.WHOLE_THEN_RESET;
        }
    }

    /** Ends the stream of TLS, and not that of TCP. */
    public void closeNotify() throws IOException {
        engine.closeOutbound();
        while (!engine.isOutboundDone()) {
            wrap(NOTHING);
        }
    }

    @Override
    public void finish() throws IOException {
        closeNotify();
        peer.halfClose();
    }
}
