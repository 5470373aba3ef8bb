// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.system;

import io.transportsplice.testing.Family;
import io.transportsplice.testing.Pattern;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Opens and closes pipes and socket pairs as fast as it can, so that every descriptor number that anybody closes is in
 * use again at once. Each holds canary bytes for a while. Whoever writes to a number that is no longer his adds to them;
 * whoever reads from one takes them away; whoever closes one makes the next call fail.
 */
final class FdFiller implements Runnable {
    /** Of a stream that no relay carries. */
    private static final Pattern CANARY = new Pattern(Pattern.MAX_ID);

    private static final int CANARY_BYTES = 48;
    private static final int HELD = 24;

    private final SplittableRandom random;
    private final Queue<Cage> held = new ArrayDeque<>();
    private volatile boolean ended;
    private final AtomicLong opened = new AtomicLong();
    private UnixDomainSocketAddress address;

    FdFiller(long seed) {
        random = new SplittableRandom(seed);
    }

    /** Two connected ends. What is written to {@code in} comes out of {@code out}, and nothing else. */
    private record Cage(WritableByteChannel in, ReadableByteChannel out) {
        void plant() throws IOException {
            ByteBuffer canary = ByteBuffer.wrap(CANARY.bytes(0, CANARY_BYTES));
            while (canary.hasRemaining()) {
                in.write(canary);
            }
        }

        void verifyAndClose() throws IOException {
            verify(out, CANARY.bytes(0, CANARY_BYTES));
            if (in instanceof SocketChannel socket) { // the other way, too
                verify(socket, new byte[0]);
            }
            in.close();
            out.close();
        }

        private static void verify(ReadableByteChannel channel, byte[] expected) throws IOException {
            ((SelectableChannel) channel).configureBlocking(false);
            byte[] actual = new byte[4096];
            ByteBuffer buffer = ByteBuffer.wrap(actual);
            int more;
            do {
                more = channel.read(buffer);
            } while (more > 0);
            if (more < 0) {
                throw new AssertionError("somebody shut down a descriptor that is not his");
            }
            byte[] came = Arrays.copyOf(actual, buffer.position());
            if (!Arrays.equals(came, expected)) {
                throw new AssertionError("of " + expected.length + " canary bytes there are " + came.length
                        + ", the others belong to " + Pattern.originOf(came, 0, came.length));
            }
        }
    }

    @Override
    public void run() {
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            address = (UnixDomainSocketAddress) Family.UNIX.freshAddress();
            server.bind(address, HELD);
            while (!ended) {
                Cage cage = random.nextBoolean() ? pipe() : socketPair(server);
                cage.plant();
                held.add(cage);
                opened.incrementAndGet();
                if (held.size() > HELD) {
                    held.remove().verifyAndClose();
                }
            }
            for (Cage cage : held) {
                cage.verifyAndClose();
            }
        } catch (IOException e) {
            throw new AssertionError("somebody closed a descriptor that is not his", e);
        } finally {
            Family.forget(address);
        }
    }

    private static Cage pipe() throws IOException {
        Pipe pipe = Pipe.open();
        return new Cage(pipe.sink(), pipe.source());
    }

    private Cage socketPair(ServerSocketChannel server) throws IOException {
        SocketChannel connected = SocketChannel.open(address);
        SocketChannel accepted = server.accept();
        return random.nextBoolean() ? new Cage(connected, accepted) : new Cage(accepted, connected);
    }

    void end() {
        ended = true;
    }

    /** Valid once it has run. */
    long opened() {
        return opened.get();
    }
}
