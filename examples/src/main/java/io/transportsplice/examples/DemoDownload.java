// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Callable;

/** One connection of the demo's client: asks the backend for some bytes through a proxy and checks each that arrives. */
final class DemoDownload implements Callable<DemoDownload.Result> {
    private static final int BUFFER_SIZE = 4 * DemoPattern.BLOCK_SIZE;

    private final SocketChannel channel = SocketChannel.open();
    private final int port;
    private final long connection;
    private final long length;
    private volatile long verified;

    DemoDownload(int port, long connection, long length) throws IOException {
        this.port = port;
        this.connection = connection;
        this.length = length;
    }

    /**
     * How a download ended.
     *
     * @param verified bytes that arrived as they should
     * @param trouble what went wrong; empty if all arrived, and after them the end of the stream
     */
    record Result(long verified, String trouble) {}

    /** How many bytes have arrived as they should, so far. May be called from any thread. */
    long verified() {
        return verified;
    }

    /** Ends a download that goes nowhere. May be called from any thread. */
    void abandon() throws IOException {
        channel.close();
    }

    @Override
    public Result call() {
        String trouble;
        try (channel) {
            channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            ByteBuffer request = ByteBuffer.allocate(DemoBackend.REQUEST_SIZE);
            channel.write(request.putLong(connection).putLong(length).flip());
            trouble = receive();
        } catch (IOException e) {
            trouble = e.toString();
        }
        return new Result(verified, trouble);
    }

    private String receive() throws IOException {
        DemoPattern pattern = new DemoPattern(connection);
        ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_SIZE);
        for (long good = 0; channel.read(buffer) >= 0; buffer.clear()) {
            int matching = pattern.matching(good, buffer);
            good += matching;
            verified = good;
            if (matching < buffer.position()) {
                return "wrong byte at " + good;
            }
        }
        return verified == length ? "" : "ended early";
    }
}
