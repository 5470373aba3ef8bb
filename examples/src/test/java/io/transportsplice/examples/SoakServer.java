// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import javax.net.ssl.SSLContext;

/** The server's ends behind one proxy, on two ports, so that the proxy can be told to change from one to the other. */
final class SoakServer implements AutoCloseable {
    private static final int BACKLOG = 512;

    private final SoakKind kind;
    private final SSLContext tls;
    private final SoakTally tally;
    private final ExecutorService threads;
    private final int timeoutMillis;
    private final List<ServerSocket> listeners = new ArrayList<>();
    private final Map<Long, CompletableFuture<SoakVerdict>> expected = new ConcurrentHashMap<>();

    SoakServer(SoakKind kind, SSLContext tls, SoakTally tally, ExecutorService threads, int timeoutMillis)
            throws IOException {
        this.kind = kind;
        this.tls = tls;
        this.tally = tally;
        this.threads = threads;
        this.timeoutMillis = timeoutMillis;
        for (int i = 0; i < 2; i++) {
            ServerSocket listener = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
            listeners.add(listener);
            threads.execute(() -> accept(listener));
        }
    }

    List<Integer> ports() {
        return listeners.stream().map(ServerSocket::getLocalPort).toList();
    }

    /** How its end will have fared. */
    Future<SoakVerdict> expect(long id) {
        return expected.computeIfAbsent(id, unknown -> new CompletableFuture<>());
    }

    void forget(long id) {
        expected.remove(id);
    }

    private void accept(ServerSocket listener) {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                threads.execute(() -> serve(client));
            } catch (IOException e) {
                // closed; of a connection that is missing, its client tells
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setSoTimeout(timeoutMillis);
            socket.setTcpNoDelay(true);
            if (kind == SoakKind.REVERSE) {
                serveHttp(socket);
            } else {
                SoakWire wire = kind == SoakKind.SNI
                        ? SoakWire.of(socket, tls.getSocketFactory().createSocket(socket, null, true))
                        : SoakWire.of(socket);
                play(new DataInputStream(wire.in()).readLong(), wire);
            }
        } catch (EOFException e) {
            // a check of the proxy's, which says nothing
        } catch (IOException e) {
            tally.explain("a server's end breaks before it knows what to do: " + e);
        }
    }

    private void serveHttp(Socket socket) throws IOException {
        for (String head = WireServer.head(socket); !head.isEmpty(); head = WireServer.head(socket)) {
            long id = Long.parseLong(head.substring(head.indexOf('/') + 1, head.indexOf(' ', head.indexOf('/'))));
            SoakPlan plan = kind.plan(id);
            String answer = "HTTP/1.1 200 OK\r\n" + SoakBody.framing(plan.down(), plan.chunked()) + "\r\n";
            SoakBody.Out out = new SoakBody.Out(socket.getOutputStream(), answer, plan.chunked());
            if (play(id, SoakWire.of(socket, new SoakBody.In(socket, head), out)) != SoakVerdict.OK) {
                return;
            }
        }
    }

    private SoakVerdict play(long id, SoakWire wire) {
        CompletableFuture<SoakVerdict> end = expected.get(id);
        if (end == null) {
            tally.explain("a server's end that no client waits for: " + id);
            return SoakVerdict.LOST;
        }
        SoakVerdict verdict = new SoakEnd(kind.plan(id), false, wire, tally, threads).play();
        end.complete(verdict);
        return verdict;
    }

    @Override
    public void close() throws IOException {
        for (ServerSocket listener : listeners) {
            listener.close();
        }
    }
}
