// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.epoll.EpollSocketChannel;
import io.transportsplice.testing.PatientClock;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * Two sinks on a loop that is run by hand: ours, whose pipeline begins with a splice handler, gets bytes in pipes, the other,
 * of stock Netty, gets ordinary buffers with the same bytes. What is done to both is the same, and what comes of it must be.
 */
final class ModelSinks implements AutoCloseable {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);
    /** What Netty counts for each message besides its bytes. */
    private static final int OVERHEAD = 96;

    private static final SpliceOptions ALWAYS =
            SpliceOptions.builder().policy(SpliceOptions.Policy.ALWAYS).build();

    /** One write, to both. */
    private static final class Written {
        final int bytes;
        final ChannelFuture our;
        final ChannelFuture their;
        boolean flushed;

        Written(int bytes, ChannelFuture our, ChannelFuture their) {
            this.bytes = bytes;
            this.our = our;
            this.their = their;
        }

        /** A cancelled one is forgotten with the next flush. */
        boolean isPending() {
            return !our.isDone() || (our.isCancelled() && !flushed);
        }
    }

    /** What somebody kept. */
    private record Kept(ByteBuf our, ByteBuf their, Written written) {}

    private final ByteBufAllocator alloc;
    private final ModelViolations violations = new ModelViolations();
    private final ModelTurn turn = new ModelTurn();
    private final ModelLoop loop = new ModelLoop(violations, turn);
    private final ScriptedKernel kernel = new ScriptedKernel();
    private final RealPipes pipes = new RealPipes(new LibC(kernel));
    private final ModelSocket ours;
    private final ModelSocket theirs = new ModelSocket(0, Integer.MAX_VALUE);
    private final List<Written> written = new ArrayList<>();
    private final List<Kept> kept = new ArrayList<>();
    private int buffers;
    private byte next;

    ModelSinks(int room, ByteBufAllocator alloc) throws IOException {
        this.alloc = alloc;
        turn.leaveTo(loop);
        ours = new ModelSocket(0, room);
        kernel.add(ours);
        SplicingEventLoop.of(loop.loop(), new LibC(kernel));
        open(ours);
        open(theirs);
        ours.channel().pipeline().addFirst(new EpollSpliceHandler(ALWAYS));
        runToRest();
    }

    private void open(ModelSocket socket) {
        loop.epoll().add(socket);
        socket.channel().config().setAutoRead(false).setAllowHalfClosure(true);
        socket.channel().unsafe().register(loop.loop(), socket.channel().newPromise());
    }

    ScriptedKernel kernel() {
        return kernel;
    }

    EpollSocketChannel channel() {
        return ours.channel();
    }

    ModelSocket sink() {
        return ours;
    }

    byte[] received() {
        receive();
        return ours.received();
    }

    private void receive() {
        ours.receive();
        theirs.receive();
    }

    /** The same message for both, as somebody made it. */
    record Prepared(List<ByteBuf> our, List<ByteBuf> their, List<ByteBuf> ourKept, List<ByteBuf> theirKept) {
        /** All but ours, which has been written. */
        void releaseRest() {
            Stream.of(their, ourKept, theirKept).flatMap(List::stream).forEach(ByteBuf::release);
        }
    }

    Prepared prepare(SinkMessage message, int bytes) throws IOException {
        byte[] content = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            content[i] = next++;
        }
        buffers++;
        List<ByteBuf> ourKept = new ArrayList<>();
        List<ByteBuf> theirKept = new ArrayList<>();
        kernel.pause(true); // what a user does is not what is to fail
        List<ByteBuf> our = message.of(pipes.buffer(alloc, content), ourKept::add);
        List<ByteBuf> their = message.of(alloc.directBuffer(bytes).writeBytes(content), theirKept::add);
        kernel.pause(false);
        return new Prepared(our, their, ourKept, theirKept);
    }

    void write(SinkMessage message, int bytes) throws IOException {
        Prepared made = prepare(message, bytes);
        kernel.pause(true); // Netty copies what is on the heap at once
        for (int i = 0; i < made.our.size(); i++) {
            write(made.our.get(i).readableBytes(), made.our.get(i), made.their.get(i));
        }
        kernel.pause(false);
        for (int i = 0; i < made.ourKept.size(); i++) {
            kept.add(new Kept(made.ourKept.get(i), made.theirKept.get(i), written.get(written.size() - 1)));
        }
    }

    private void write(int bytes, Object our, Object their) {
        Channel channel = ours.channel();
        written.add(new Written(bytes, channel.write(our), theirs.channel().write(their)));
        checkPending();
    }

    /** For which Netty counts no bytes. */
    void writeFile(File file, int bytes) {
        write(0, new DefaultFileRegion(file, 0, bytes), new DefaultFileRegion(file, 0, bytes));
    }

    void flush() {
        written.forEach(write -> write.flushed = true);
        ours.channel().flush();
        theirs.channel().flush();
        checkPending();
    }

    void cancel(int which) {
        if (!written.isEmpty()) {
            Written write = written.get(which % written.size());
            if (!write.flushed && !write.our.isDone()) { // it is, if the channel is closed
                assertEquals(write.their.cancel(false), write.our.cancel(false));
            }
            checkPending();
        }
    }

    /** What a keeper changes of a message that is on its way may be too late, or not. */
    void keeperActs(int which, SinkMessage.Keeper keeper) {
        if (!kept.isEmpty()) {
            Kept one = kept.get(which % kept.size());
            boolean inTime = !one.written.flushed || keeper == SinkMessage.Keeper.LOOKS;
            boolean unreadable = one.written.our.isDone() && !one.written.our.isSuccess();
            if (inTime && !unreadable) {
                kernel.pause(true);
                keeper.act(one.our);
                keeper.act(one.their);
                kernel.pause(false);
            }
            checkPending();
        }
    }

    void keeperReleases(int which) {
        if (!kept.isEmpty()) {
            Kept one = kept.remove(which % kept.size());
            one.our.release();
            one.their.release();
        }
    }

    void makeRoom(int bytes) {
        ours.makeRoom(bytes);
    }

    /** Whether there was anything to run. */
    boolean runOnce() {
        boolean some = loop.runOnce() > 0;
        receive();
        checkPending();
        return some;
    }

    void runToRest() {
        int rounds = 0;
        while (runOnce()) {
            assertTrue(++rounds < 20_000, "it spins");
        }
    }

    // What must hold.

    /** What has not been written is counted, as if it were in memory. */
    private void checkPending() {
        violations.check();
        ChannelOutboundBuffer outbound = ours.channel().unsafe().outboundBuffer();
        if (outbound == null) {
            return;
        }
        long expected = written.stream()
                .filter(Written::isPending)
                .mapToLong(write -> write.bytes + OVERHEAD)
                .sum();
        assertEquals(expected, outbound.totalPendingWriteBytes());
        int high = ours.channel().config().getWriteBufferHighWaterMark();
        boolean writable = ours.channel().isWritable();
        assertEquals(
                writable ? Math.max(0, high - expected + 1) : 0, ours.channel().bytesBeforeUnwritable());
        assertTrue(expected > high ? !writable : writable || expected > 0);
    }

    /** From here on nothing goes wrong, and all must come to its end. */
    void settle() {
        kernel.failNoMore();
        makeRoom(Integer.MAX_VALUE);
        flush();
        await(
                "every write is done",
                () -> written.stream().allMatch(write -> write.our.isDone() && write.their.isDone()));
        for (Written write : written) {
            assertEquals(String.valueOf(write.their.cause()), String.valueOf(write.our.cause()));
        }
        await("all has arrived", () -> ours.received().length >= theirs.received().length);
        assertArrayEquals(theirs.received(), ours.received());
    }

    /** Something may get lost: then what is there is right, and the far end can see that it is not all. */
    void settleAfterLoss() {
        kernel.failNoMore();
        makeRoom(Integer.MAX_VALUE);
        flush();
        await("every write is done", () -> written.stream().allMatch(write -> write.our.isDone()));
        boolean lost = written.stream().anyMatch(write -> !write.our.isSuccess() && write.their.isSuccess());
        if (lost) {
            await("the end", () -> ours.end() != ModelSocket.End.NONE);
            assertEquals(ModelSocket.End.RESET, ours.end());
        }
        await("their bytes", () -> theirs.received().length >= ours.received().length);
        assertArrayEquals(Arrays.copyOf(theirs.received(), ours.received().length), ours.received());
    }

    private void await(String what, BooleanSupplier condition) {
        PatientClock clock = new PatientClock();
        while (!condition.getAsBoolean()) {
            runToRest();
            if (!condition.getAsBoolean() && clock.elapsedNanos() > PATIENCE_NANOS) {
                throw violations.add("never: " + what);
            }
        }
    }

    /** After a failure: lets go of what it has, and checks nothing. */
    void abandon() throws IOException {
        while (!kept.isEmpty()) {
            keeperReleases(0);
        }
        ours.channel().close();
        theirs.channel().close();
        ours.close();
        theirs.close();
        loop.close();
    }

    /** Whatever was under way is gone, and no pipe is left. */
    @Override
    public void close() throws IOException {
        abandon();
        assertEquals(buffers, pipes.fates().size(), () -> "each pipe goes home once: " + pipes.fates());
        assertEquals(0, kernel.openPipeFds());
        violations.check();
    }
}
