// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Rig;
import java.nio.ByteBuffer;
import java.util.concurrent.Future;

/**
 * A stream through guests, with an answer in the middle of it. Each has its last byte followed by its end at once; the
 * answer does not wait for the end of the stream, because plain Netty may fail to write once it has read an end.
 */
final class Exchange {
    private final Rig rig;
    private final GuestEnd source;
    private final GuestEnd sink;
    private final boolean mayHold;
    private Future<GuestEnd.Received> answer;

    Exchange(Rig rig, GuestEnd source, GuestEnd sink, Guest guest) {
        this.rig = rig;
        this.source = source;
        this.sink = sink;
        mayHold = guest.mayHold();
    }

    /** All of the stream, and its end; all of the answer, unless it may be held. */
    void streamToEnd() throws InterruptedException {
        Future<?> sending = rig.async(() -> {
            source.sendFirstHalf(GuestCase.STREAM);
            source.awaitReceived(mayHold ? 0 : GuestCase.ANSWER.length);
            source.sendSecondHalf(GuestCase.STREAM);
            source.halfClose();
        });
        Future<?> answering = rig.async(() -> {
            sink.awaitReceived(mayHold ? 0 : 1);
            sink.send(GuestCase.ANSWER);
        });
        answer = rig.asyncResult(source::receiveToEnd);
        expectWhole(GuestCase.STREAM, sink.receiveToEnd());
        Rig.await(sending);
        Rig.await(answering);
    }

    void end() throws Exception {
        sink.halfClose();
        expectWhole(GuestCase.ANSWER, Rig.await(answer));
    }

    private static void expectWhole(byte[] expected, GuestEnd.Received received) {
        expectBeginning(expected, received);
        assertEquals(expected.length, received.bytes().remaining(), "bytes before " + received.end());
        assertEquals(End.EOF, received.end());
    }

    static void expectBeginning(byte[] expected, GuestEnd.Received received) {
        int length = Math.min(received.bytes().remaining(), expected.length);
        int wrong = received.bytes().slice(0, length).mismatch(ByteBuffer.wrap(expected, 0, length));
        assertEquals(-1, wrong, "position of the first wrong byte of " + length);
    }
}
