// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import java.io.IOException;
import java.util.concurrent.Future;

/** One relayed connection seen along its bytes: from the source to the sink, and answers back. */
public final class Link {
    private final Rig rig;
    private final Peer source;
    private final Peer sink;
    private final Pattern forward;
    private final Pattern backward;

    Link(Rig rig, Peer source, Peer sink) {
        this.rig = rig;
        this.source = source;
        this.sink = sink;
        forward = rig.newPattern();
        backward = rig.newPattern();
    }

    public Peer source() {
        return source;
    }

    public Peer sink() {
        return sink;
    }

    /** What the source sends. */
    public Pattern forward() {
        return forward;
    }

    /** What the sink sends back. */
    public Pattern backward() {
        return backward;
    }

    /** Sends and receives so many bytes forward while both directions stay open. */
    public void carry(long from, long to, int chunk) throws IOException, InterruptedException {
        Future<?> sending = rig.async(() -> source.send(forward, from, to, chunk));
        sink.receive(forward, from, to);
        Rig.await(sending);
    }

    /** Like {@link #carry}, from the sink back to the source. */
    public void carryBack(long from, long to, int chunk) throws IOException, InterruptedException {
        Future<?> sending = rig.async(() -> sink.send(backward, from, to, chunk));
        source.receive(backward, from, to);
        Rig.await(sending);
    }

    /** Sends so many bytes and a FIN, and receives exactly that. */
    public void carryToEnd(long bytes, int chunk) throws InterruptedException {
        carryToEnd(0, bytes, chunk);
    }

    /** Sends from one position up to another and a FIN, and receives exactly that. */
    public void carryToEnd(long from, long to, int chunk) throws InterruptedException {
        Future<?> sending = rig.async(() -> {
            source.send(forward, from, to, chunk);
            source.halfClose();
        });
        Received received = sink.receiveToEnd(forward, from);
        Rig.await(sending);
        expect(new Received(to, End.EOF), received);
    }

    /** Sends, while nobody receives, until nothing between the ends takes any more; returns how much that was. */
    public long fillUp(long max) throws IOException {
        long sent = 0;
        long before;
        do {
            before = sent;
            sent = source.sendWithoutWaiting(forward, sent, max);
            rig.relay().awaitRest();
        } while (sent > before && sent < max);
        return sent;
    }

    /** Ends a connection whose forward direction has ended already. */
    public void finish() throws IOException {
        finish(0);
    }

    /** Ends a connection whose forward direction has ended already, after so many bytes have gone back. */
    public void finish(long bytesBack) throws IOException {
        sink.halfClose();
        expect(new Received(bytesBack, End.EOF), source.receiveToEnd(backward, bytesBack));
    }

    /** Expects that after so many bytes there are no more, but a FIN. */
    public void expectEndOfForward(long bytes) {
        expectEndOfForward(bytes, bytes);
    }

    /** Expects the bytes between the two positions, and a FIN. */
    public void expectEndOfForward(long from, long to) {
        expect(new Received(to, End.EOF), sink.receiveToEnd(forward, from));
    }

    public static void expect(Received expected, Received actual) {
        if (!expected.equals(actual)) {
            throw new AssertionError("expected " + expected + " but was " + actual);
        }
    }
}
