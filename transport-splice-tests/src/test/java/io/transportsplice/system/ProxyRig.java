// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.testing.Await;
import io.transportsplice.testing.Backend;
import io.transportsplice.testing.Family;
import io.transportsplice.testing.FdCensus;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Rig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;

/** The proxy as a process, between clients and servers in the test's own. */
final class ProxyRig implements AutoCloseable {
    static final int KIB = 1024;
    static final int MIB = 1024 * KIB;

    /** Only for its links and its background threads: it starts no relay of its own. */
    private final Rig rig = new Rig(Mode.PLAIN);

    private final List<Peer> ends = new ArrayList<>();
    private final Backend backend;
    private final ProxyProcess proxy;
    private final FdCensus atStart;
    private final int bufferSize;

    /** @param bufferSize of the sockets of clients and servers; 0 for the system's own */
    ProxyRig(Backend backend, int bufferSize, UnaryOperator<ProxyProcess.Builder> change) throws IOException {
        this.backend = backend;
        this.bufferSize = bufferSize;
        try {
            proxy = change.apply(ProxyProcess.to(backend.address())).start();
        } catch (IOException | RuntimeException | Error e) {
            backend.close();
            throw e;
        }
        atStart = proxy.fds();
    }

    static ProxyRig start(UnaryOperator<ProxyProcess.Builder> change) throws IOException {
        return start(0, change);
    }

    static ProxyRig start(int bufferSize, UnaryOperator<ProxyProcess.Builder> change) throws IOException {
        return new ProxyRig(Backend.open(Family.TCP, bufferSize), bufferSize, change);
    }

    ProxyProcess proxy() {
        return proxy;
    }

    Backend backend() {
        return backend;
    }

    Peer connect() throws IOException {
        return closedAtTheEnd(Peer.connect(proxy.address(), bufferSize));
    }

    Peer accept() throws IOException {
        return closedAtTheEnd(backend.accept());
    }

    private synchronized Peer closedAtTheEnd(Peer peer) {
        ends.add(peer);
        return peer;
    }

    /** From a client to a server. */
    Link linkUp() throws IOException {
        Peer client = connect();
        return rig.between(client, accept());
    }

    /** From a server to a client. */
    Link linkDown() throws IOException {
        Peer client = connect();
        return rig.between(accept(), client);
    }

    Link between(Peer source, Peer sink) {
        return rig.between(source, sink);
    }

    Future<?> async(Rig.Task task) {
        return rig.async(task);
    }

    <T> Future<T> asyncResult(Callable<T> task) {
        return rig.asyncResult(task);
    }

    /** So many bytes in both directions at once, to both ends. */
    void carryBothWays(Link link, long bytes) throws IOException, InterruptedException {
        Future<?> back = rig.async(() -> link.carryBack(0, bytes, 64 * KIB));
        link.carryToEnd(bytes, 64 * KIB);
        Rig.await(back);
        link.finish(bytes);
    }

    /** How many ends of pipes the proxy holds that it did not have at its start. */
    int pipes() {
        return proxy.fds().pipes() - atStart.pipes();
    }

    /** How many sockets the proxy holds that it did not have at its start. */
    int sockets() {
        return proxy.fds().sockets() - atStart.sockets();
    }

    void awaitSockets(int count) {
        Await.until("the proxy's sockets are " + count, this::sockets, sockets -> sockets == count);
    }

    synchronized void closePeers() throws IOException {
        for (Peer end : ends) {
            end.close();
        }
        ends.clear();
    }

    /** Closes all peers, ends the proxy, and makes sure that nothing is left of any connection. */
    ProxyMetrics stop() throws IOException, InterruptedException {
        closePeers();
        awaitSockets(0);
        ProxyMetrics metrics = proxy.stop();
        assertEquals(0, metrics.value("buffersInFlight"), metrics::toString);
        // less than nothing, where the pools were just being closed
        assertTrue(metrics.value("pipesInUse") <= 0, metrics::toString);
        return metrics;
    }

    /** Stops it; nearly all of so many bytes must have been spliced, and nothing may have kept it from that. */
    void stopHavingSpliced(long bytes) throws IOException, InterruptedException {
        ProxyMetrics metrics = stop();
        assertTrue(metrics.value("bytesSpliced") > bytes / 10 * 9, metrics::toString);
        assertEquals(0, metrics.fallbacksBut(), metrics::toString);
    }

    @Override
    public void close() throws IOException {
        closePeers();
        rig.close();
        backend.close();
        proxy.close();
    }
}
