// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.socket.SocketChannel;
import java.util.Arrays;
import java.util.List;

/** What must hold of a machine of the model. */
final class ModelChecks {
    private final ModelWorld world;
    private final ModelConnection source;
    private final ModelRelay relay;
    private final ModelConnection otherSource;
    private final ModelRelay otherRelay;

    ModelChecks(
            ModelWorld world,
            ModelConnection source,
            ModelRelay relay,
            ModelConnection otherSource,
            ModelRelay otherRelay) {
        this.world = world;
        this.source = source;
        this.relay = relay;
        this.otherSource = otherSource;
        this.otherRelay = otherRelay;
    }

    // At rest.

    void atRest() {
        world.receive();
        atRest(source, relay);
        atRest(otherSource, otherRelay);
    }

    private void atRest(ModelConnection of, ModelRelay by) {
        of.life().checkTold();
        if (!of.isThere() || isRegistrationLost()) {
            return;
        }
        ModelSocket socket = of.socket();
        boolean bound = by.flight().isBoundReached(world.setup().maxInFlight());
        if (socket.unread() > 0 && by.demand().mustRead() && !bound) {
            throw world.violations().add("lost wake-up: " + socket.unread() + " bytes wait, and a read");
        }
        if (socket.isEnded() && !socket.isReset() && socket.unread() == 0 && !of.isMisled() && !by.isInputEnded()) {
            throw world.violations().add("all is read, and the end is not told");
        }
    }

    void told(List<ModelConnection> all) {
        all.forEach(connection -> connection.life().checkTold());
    }

    /** Netty loses it after a stale event: nothing for it may be wrong but that the handler was away for a while. */
    private boolean isRegistrationLost() {
        boolean lost = world.isRegistrationLost();
        assertTrue(
                !lost || world.isAnyUnguarded(), "a registration was lost although the handler was there all the time");
        return lost;
    }

    // In the end.

    void end(ModelConnection sink, ModelConnection otherSink) {
        world.await("everything is read", () -> isEverythingRead(source, relay));
        world.await("everything is read, of the others", () -> isEverythingRead(otherSource, otherRelay));
        List<ModelConnection> sinks = List.of(sink, otherSink, source);
        for (ModelConnection each : sinks) {
            world.await("every write is done", each.outlet()::areAllDone);
            checkBytes(each);
        }
        world.await(
                "the sink is writable",
                () -> sink.channel().isWritable() || !sink.channel().isOpen());
        checkSource(source, relay);
        checkSource(otherSource, otherRelay);
        sinks.forEach(this::checkSinkEnd);
    }

    private boolean isEverythingRead(ModelConnection of, ModelRelay by) {
        boolean read = of.socket().unread() == 0 && (!of.socket().isEnded() || by.isInputEnded());
        return read || !of.channel().isOpen() || isRegistrationLost();
    }

    private void checkBytes(ModelConnection sink) {
        ModelSocket socket = sink.socket();
        byte[] whole = sink.outlet().whole();
        int least = sink.outlet().surelyWritten();
        if (!socket.isReset() && socket.fatalDrains() == 0 && socket.end() != ModelSocket.End.RESET) {
            world.await(
                    "what was written has arrived",
                    () -> socket.received().length >= least || socket.end() == ModelSocket.End.RESET);
        }
        byte[] received = socket.received();
        assertTrue(received.length <= whole.length, () -> received.length + " bytes of " + whole.length);
        assertArrayEquals(Arrays.copyOf(whole, received.length), received);
        boolean allWritten = !sink.outlet().hasFailures();
        if (allWritten && !socket.isReset() && socket.end() != ModelSocket.End.RESET) {
            assertEquals(whole.length, received.length);
        }
        assertTrue(
                allWritten || sink.mayFail(),
                () -> "a write failed for no reason: " + sink.outlet().causes());
    }

    private void checkSource(ModelConnection of, ModelRelay by) {
        ModelSocket socket = of.socket();
        boolean inactive = of.life().isInactive() || of.life().isTaken();
        assertTrue(of.channel().isOpen() || of.mayFail(), "the source was closed for no reason");
        boolean broken = socket.isReset() || of.isClosedByUser() || socket.isRefused() || socket.fatalDrains() > 0;
        boolean ended = socket.isEnded() && !broken && socket.fatalFills() == 0;
        if (ended && !isRegistrationLost()) {
            assertEquals(0, socket.unread(), "bytes before the end were not read");
            assertTrue(world.setup().halfClosure() ? by.isInputEnded() : inactive, "the end was not told");
        }
        if (socket.fatalFills() > 0 && !broken) {
            assertTrue(of.life().isFailed(), "a failure of the source was not told");
            // One that half-closes is to find the end behind it, which here there is none.
            assertTrue(world.setup().halfClosure() || !of.channel().isOpen(), "a source that failed was not closed");
        }
    }

    private void checkSinkEnd(ModelConnection sink) {
        ModelSocket socket = sink.socket();
        if (sink.isClosedByUser() || socket.isReset() || socket.isRefused()) {
            return;
        }
        if (socket.fatalDrains() > 0) {
            world.await("bytes are lost, and the far end knows", () -> socket.end() != ModelSocket.End.NONE);
            assertEquals(ModelSocket.End.RESET, socket.end());
        } else if (sink.channel().isOpen()) {
            endOutput(sink.channel());
            world.await("the end arrives", () -> socket.end() == ModelSocket.End.EOF);
            checkBytes(sink);
        }
    }

    /** As a relay does: the end follows the last byte. */
    private void endOutput(Channel channel) {
        world.on(
                channel,
                () -> channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(flushed -> {
                    if (flushed.isSuccess()) {
                        ((SocketChannel) channel).shutdownOutput();
                    }
                }));
    }
}
