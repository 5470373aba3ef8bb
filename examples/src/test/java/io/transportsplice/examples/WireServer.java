// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;

/** An upstream of bare bytes: what it does with each connection is the test's to say. */
final class WireServer implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 90_000; // a test may have much else to do

    /** One for each task: of the common pool's, JDK 25 has a single one on a machine of two cores, and these block. */
    private static final Executor THREADS = task -> {
        Thread thread = new Thread(task, "wire server");
        thread.setDaemon(true);
        thread.start();
    };

    private final ServerSocket socket;

    private WireServer(ServerSocket socket) {
        this.socket = socket;
    }

    /** What happens to a connection, which is closed afterwards. */
    interface Script {
        /** The result is for the test to look at. */
        String run(Socket connection) throws IOException;
    }

    static WireServer start() throws IOException {
        return new WireServer(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
    }

    String endpoint() {
        return "127.0.0.1:" + port();
    }

    int port() {
        return socket.getLocalPort();
    }

    /** Runs for the next connection. */
    Future<String> next(Script script) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try (Socket connection = socket.accept()) {
                        connection.setTcpNoDelay(true);
                        connection.setSoTimeout(PATIENCE_MILLIS);
                        return script.run(connection);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                THREADS);
    }

    /** What happens to any connection. */
    interface Course {
        void run(Socket connection) throws IOException;
    }

    /** Runs for one connection after the other, until the server is closed; tells how many there were. */
    Future<Integer> each(Course course) {
        return CompletableFuture.supplyAsync(
                () -> {
                    for (int count = 0; ; count++) {
                        try (Socket connection = socket.accept()) {
                            connection.setSoTimeout(PATIENCE_MILLIS);
                            course.run(connection);
                        } catch (IOException e) {
                            if (socket.isClosed()) {
                                return count;
                            }
                        }
                    }
                },
                THREADS);
    }

    /** Answers a request without content. */
    Future<String> answer(String answer) {
        return next(connection -> {
            String request = head(connection);
            write(connection, answer);
            return request;
        });
    }

    /** Up to the empty line, which is part of it; less if the stream ends before. */
    static String head(Socket connection) throws IOException {
        return until(connection, "\r\n\r\n");
    }

    static String until(Socket connection, String end) throws IOException {
        InputStream in = connection.getInputStream();
        StringBuilder text = new StringBuilder();
        for (int next = 0; next >= 0 && text.indexOf(end, text.length() - end.length()) < 0; ) {
            next = in.read();
            if (next >= 0) {
                text.append((char) next);
            }
        }
        return text.toString();
    }

    static void write(Socket connection, String text) throws IOException {
        connection.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** All that is left, up to a clean end. */
    static String rest(Socket connection) throws IOException {
        return new String(connection.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    /** Nobody listens any more. */
    void stop() throws IOException {
        socket.close();
    }

    @Override
    public void close() throws IOException {
        stop();
    }
}
