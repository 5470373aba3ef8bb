// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The server behind the demo's proxies: a client names a connection and a length, and is sent that much of its pattern. */
final class DemoBackend implements AutoCloseable {
    static final int REQUEST_SIZE = 2 * Long.BYTES;

    private final ServerSocketChannel server = ServerSocketChannel.open();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    DemoBackend() throws IOException {
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        threads.execute(this::accept);
    }

    int port() {
        return server.socket().getLocalPort();
    }

    private void accept() {
        while (server.isOpen()) {
            try {
                SocketChannel client = server.accept();
                threads.execute(() -> serve(client));
            } catch (IOException e) {
                // Closed at the end of the demo. Otherwise a client whose connection is missing reports it.
            }
        }
    }

    private static void serve(SocketChannel client) {
        try (client) {
            ByteBuffer request = ByteBuffer.allocate(REQUEST_SIZE);
            while (request.hasRemaining()) {
                if (client.read(request) < 0) {
                    return;
                }
            }
            request.flip();
            send(new DemoPattern(request.getLong()), request.getLong(), client);
        } catch (IOException e) {
            // The client reports what it misses.
        }
    }

    private static void send(DemoPattern pattern, long length, SocketChannel to) throws IOException {
        for (long sent = 0; sent < length; sent += DemoPattern.BLOCK_SIZE) {
            ByteBuffer block = pattern.block(sent / DemoPattern.BLOCK_SIZE);
            block.limit((int) Math.min(length - sent, DemoPattern.BLOCK_SIZE));
            while (block.hasRemaining()) {
                to.write(block);
            }
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        threads.shutdown();
    }
}
